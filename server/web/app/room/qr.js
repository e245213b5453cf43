// A QR code as one path: dark on light in both themes, or no phone could read it.

import { svg } from "../dom.js";
import { encode } from "../../vendor/uqr.js";

const QUIET = 3; // of light around it, in modules; the card it lies on adds the rest

export function qrCode(text, label) {
  const { size, data } = encode(text, { ecc: "M", border: QUIET });
  const viewBox = `0 0 ${size} ${size}`;
  const modules = svg("path", { d: pathOf(data) });
  const look = { class: "room-qr", viewBox, "shape-rendering": "crispEdges" };
  return svg("svg", { ...look, role: "img", "aria-label": label }, modules);
}

/** Rows of booleans as one rectangle for each run of dark modules. */
export function pathOf(rows) {
  return rows.flatMap((row, y) => runsOf(row).map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`)).join("");
}

function runsOf(row) {
  const runs = [];
  row.forEach((isDark, x) => {
    if (!isDark) return;
    if (row[x - 1]) runs.at(-1)[1] += 1;
    else runs.push([x, 1]);
  });
  return runs;
}
