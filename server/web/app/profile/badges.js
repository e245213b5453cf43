// The round sign of an achievement: what its owner gave it (an emoji, a word), else a sign of what it measures.

import { h, svg } from "../dom.js";

const ICON_MAX = 4; // "🏆", "⚔️": a longer one is a name for somebody's own pictures, which are not here

const PATHS = {
  streak_days: "M12 2c1 4 5.5 6 5.5 11.5a5.5 5.5 0 0 1-11 0C6.5 10 8 9 8.5 6.5c1.5.8 2 2 2 3.5C11.5 8.5 13 5 12 2z",
  xp_total: "M12 2l3 6.500 7 .8-5.200 4.700 1.500 7L12 17.500 5.700 21l1.500-7L2 9.300l7-.8z",
  tasks_total: "M9 16.200 4.800 12l-2 2L9 20.200 21.200 8l-2-2z",
  raids_completed: "M5 2h2v1h12l-3 4.500L19 12H7v10H5z",
  raids_led: "M2 18h20v3H2zM2 6l5.500 4L12 3l4.500 7L22 6l-2 10H4z",
  checkins_total: "M7 2h2v2h6V2h2v2h4v17H3V4h4zm-2 8v9h14v-9z",
  active_days: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm-1 5v6l5 3 1-1.600-4-2.400V7z",
};
const MEDAL = "M7 2h10l-2.500 6.500a6.500 6.500 0 1 1-5 0z";
const SECRET = "M12 2a5 5 0 0 0-5 5v3H5v12h14V10h-2V7a5 5 0 0 0-5-5zm-3 8V7a3 3 0 1 1 6 0v3z";

export function badge(one, state) {
  return h("span", { class: "badge", "aria-hidden": "true" }, iconOf(one, state));
}

function iconOf({ icon, metric }, state) {
  if (state === "secret") return drawn(SECRET);
  if (isEmoji(icon)) return h("span", { class: "badge-icon" }, icon);
  return drawn(PATHS[metric] ?? MEDAL);
}

function isEmoji(icon) {
  return icon !== "" && [...icon].length <= ICON_MAX && /\p{Extended_Pictographic}/u.test(icon);
}

function drawn(path) {
  return svg("svg", { viewBox: "0 0 24 24" }, svg("path", { d: path, fill: "currentColor", "fill-rule": "evenodd" }));
}
