// What a day can be, each with a shape of its own, so that nothing hangs on the colour alone.

import { svg } from "../dom.js";

/** Paths in a square of 16; `even`: what lies within another outline is left out. */
const SHAPES = {
  active: "M3 0h10a3 3 0 0 1 3 3v10a3 3 0 0 1-3 3H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z",
  frozen: "M8 0l8 8-8 8-8-8z",
  paused: "M3 1h3.5v14H3zM9.500 1H13v14H9.500z",
  repaired: "M6 1h4v5h5v4h-5v5H6v-5H1V6h5z",
  skipped: "M1 6.500h8V3l6 5-6 5V9.500H1z",
  missed: "M3.600 2 8 6.400 12.400 2 14 3.600 9.600 8 14 12.400 12.400 14 8 9.600 3.600 14 2 12.400 6.400 8 2 3.600z",
  open: "M8 0a8 8 0 1 1 0 16A8 8 0 0 1 8 0zm0 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z",
  none: "M7 7h2v2H7z",
};

/** In the order in which the legend has them. */
export const STATES = ["active", "frozen", "paused", "repaired", "skipped", "missed", "open"];

/** The sign of a state; one that is not known yet is drawn as nothing in particular. */
export function sign(state) {
  const path = svg("path", { d: shapeOf(state), "fill-rule": "evenodd", fill: "currentColor" });
  return svg("svg", { class: "day-sign", viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
}

export function shapeOf(state) {
  return SHAPES[state] ?? SHAPES.none;
}

/** 1 to 4: how much was earned that day, against this person's other days. */
export function strengthOf(xp, sorted) {
  if (sorted.length === 0 || xp <= 0) return 1;
  const below = sorted.findIndex((other) => other >= xp);
  return 1 + Math.min(3, Math.floor((4 * (below === -1 ? sorted.length : below)) / sorted.length));
}
