// How far a raid is in one of its two targets. What is on it are the server's totals.

import { h, setText } from "./dom.js";
import { share, short } from "./figures.js";
import { texts } from "./texts.js";

/** { element, show(current, target) } for `kind` "xp" or "tasks". Without a target there is no bar. */
export function gauge(kind, label) {
  const parts = gaugeParts(kind, label);
  const { element } = parts;
  let shown = "";

  function show(current, goal) {
    const text = texts.card.progress(current, goal);
    if (text === shown) return;
    shown = text;
    element.hidden = goal === 0;
    element.classList.toggle("gauge-full", goal > 0 && current >= goal);
    draw(parts, current, goal, text);
  }

  return { element, show };
}

function gaugeParts(kind, label) {
  const now = h("b", { class: "figure" });
  const target = h("span", { class: "soft" });
  const fill = h("i", { class: "bar-fill gauge-fill" });
  const spoken = { role: "progressbar", "aria-label": label, "aria-valuemin": 0 };
  const track = h("div", { class: "bar gauge-track", ...spoken }, fill);
  const figures = h("span", { class: "gauge-figures" }, now, target);
  const element = h("div", { class: "gauge", data: { kind } },
    h("p", { class: "gauge-words" }, h("span", { class: "gauge-label small" }, label), figures), track);
  return { element, now, target, fill, track };
}

function draw({ now, target, fill, track }, current, goal, text) {
  setText(now, short(current));
  setText(target, ` / ${short(goal)}`);
  fill.style.setProperty("--part", share(current, goal));
  track.setAttribute("aria-valuemax", goal);
  track.setAttribute("aria-valuenow", Math.min(current, goal));
  track.setAttribute("aria-valuetext", text);
}
