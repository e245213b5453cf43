// One toast as one sees it.

import { h, svg } from "../dom.js";
import { texts } from "../texts.js";
import { iconOf } from "./icons.js";

const CROSS = "M6 6l12 12M18 6L6 18";

export function toastCard({ title, text, kind, icon, xp, credits }, dismiss) {
  const reward = texts.juice.reward(xp, credits);
  return h(
    "li",
    { class: "toast", data: { kind } },
    h("span", { class: "toast-icon", "aria-hidden": "true" }, icon ? h("span", {}, icon) : iconOf(kind)),
    h(
      "div",
      { class: "toast-said" },
      h("p", { class: "toast-title" }, title),
      text && h("p", { class: "toast-text" }, text),
      reward && h("p", { class: "toast-reward" }, reward),
    ),
    closeButton(title, dismiss),
  );
}

function closeButton(title, dismiss) {
  const named = { "aria-label": texts.juice.dismiss(title) };
  return h("button", { class: "toast-close plain", type: "button", ...named, on: { click: dismiss } }, cross());
}

function cross() {
  const path = svg("path", { d: CROSS, stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round" });
  return svg("svg", { viewBox: "0 0 24 24", width: "18", height: "18", "aria-hidden": "true" }, path);
}
