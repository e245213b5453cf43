// Drawings that stand beside words: for the eyes only.

import { svg } from "./dom.js";

const PATHS = {
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M12 7.5v5l3 2",
  people: "M9 5a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 9 5M3 19c0-3.3 2.7-5 6-5s6 1.7 6 5" +
    "M16 5.4a3 3 0 0 1 0 5.6M18 14.4c1.9.7 3 2.2 3 4.6",
  crown: "M4 8l4 4 4-6 4 6 4-4-1.5 10h-13z",
};

/** "clock", "people" or "crown"; its colours are the style's. */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
}
