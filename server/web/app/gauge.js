// How far a raid is in one of its two targets. What is on it are the server's totals.

import { h, setText } from "./dom.js";
import { figure } from "./figures.js";
import { texts } from "./texts.js";

/** { element, show(current, target) } for `kind` "xp" or "tasks". Without a target there is no bar. */
export function gauge(kind, label) {
  const now = h("b", { class: "figure" });
  const target = h("span", { class: "soft" });
  const fill = h("i", { class: "gauge-fill" });
  const track = h("div", { class: "gauge-track", role: "progressbar", "aria-label": label, "aria-valuemin": 0 }, fill);
  const element = h(
    "div",
    { class: "gauge", data: { kind } },
    h("p", { class: "gauge-words" },
      h("span", { class: "gauge-label small" }, label), h("span", { class: "gauge-figures" }, now, target)),
    track,
  );
  let shown = "";

  function show(current, goal) {
    const text = texts.card.progress(current, goal);
    if (text === shown) return;
    shown = text;
    element.hidden = goal === 0;
    setText(now, figure(current));
    setText(target, ` / ${figure(goal)}`);
    draw(current, goal, text);
  }

  function draw(current, goal, text) {
    const part = goal === 0 ? 0 : Math.min(current / goal, 1);
    fill.style.setProperty("--part", part);
    element.classList.toggle("gauge-full", goal > 0 && current >= goal);
    track.setAttribute("aria-valuemax", goal);
    track.setAttribute("aria-valuenow", Math.min(current, goal));
    track.setAttribute("aria-valuetext", text);
  }

  return { element, show };
}
