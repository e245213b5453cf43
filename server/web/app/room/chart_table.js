// The chart in figures, for those who do not see it, or want to know exactly.

import { h, replace, setText } from "../dom.js";
import { figure } from "../figures.js";
import { texts } from "../texts.js";
import { pace, thin } from "./series.js";
import { clock } from "./times.js";

const ROWS = 12;
const words = texts.room.chart;

/** { element, fill(points, frame) }; who does not open it has it filled in vain. */
export function chartTable() {
  const body = h("tbody");
  const unit = h("th", { scope: "col" });
  const head = h("tr", {}, h("th", { scope: "col" }, words.time), unit, h("th", { scope: "col" }, words.needed));
  const table = h("table", {}, h("thead", {}, head), body);
  return {
    element: h("details", { class: "room-fold room-chart-table" }, h("summary", {}, words.table), table),
    fill(points, frame) {
      setText(unit, words.total(words[frame.kind]));
      replace(body, thin(points, ROWS).map((point) => row(point, frame)));
    },
  };
}

function row(point, { kind, target, start, deadline }) {
  const needed = Math.round(pace(target, start, deadline, point.at));
  return h("tr", {}, h("td", {}, clock(point.at)), h("td", {}, figure(point[kind])), h("td", {}, figure(needed)));
}
