// What a toast shows in front where its achievement brings no icon of its own.

import { svg } from "../dom.js";

const PATHS = {
  achievement: "M12 3l2.6 5.6 6.1.7-4.5 4.2 1.2 6L12 16.5 6.6 19.5l1.2-6L3.3 9.3l6.1-.7z",
  streak: "M12 2.5c1 3.6 5.5 5.6 5.5 10.7a5.5 5.5 0 0 1-11 0c0-2 .9-3.4 2-4.5" +
    ".2 1.4.8 2.2 1.6 2.6-.3-3.2.6-6.5 1.9-8.8z",
  reward: "M3.5 9h17v3.5h-17zM5 14h6v6H5zM13 14h6v6h-6z" +
    "M11 8C7 8 6.5 4 9 4c1.8 0 2.6 2 3 3.4C12.4 6 13.2 4 15 4c2.5 0 2 4-2 4z",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm-1.2 4h2.4v2.4h-2.4zm0 4h2.4v6h-2.4z",
  bad: "M12 3l10 17.5H2zM11 9.5v5h2v-5zm0 6.5v2h2v-2z",
};

export function iconOf(kind) {
  const path = svg("path", { d: PATHS[kind] ?? PATHS.info, "fill-rule": "evenodd" });
  const size = { viewBox: "0 0 24 24", width: "24", height: "24" };
  return svg("svg", { ...size, fill: "currentColor", "aria-hidden": "true" }, path);
}
