// What the chart is made of: the drawing, its words around it, its legend.

import { h, svg } from "../dom.js";
import { texts } from "../texts.js";

const words = texts.room.chart;

/** The elements that are drawn anew; `table` says the same in figures. */
export function chartParts(table) {
  const lines = { area: path("area"), needed: path("pace"), line: path("line") };
  const dot = h("span", { class: "room-chart-dot" });
  const [top, from, to] = [h("span", { class: "room-chart-top figure" }), h("span"), h("span")];
  const caption = h("figcaption", { class: "soft small" });
  const note = h("p", { class: "soft small", hidden: true }, words.failed);
  const figure = h("figure", { class: "room-chart" },
    h("div", { class: "room-chart-plot", "aria-hidden": "true" }, drawing(lines), dot, top),
    h("div", { class: "spread small soft", "aria-hidden": "true" }, from, to), caption);
  const heading = h("div", { class: "spread" }, h("h2", {}, words.title), legend());
  const element = h("section", { class: "card" }, heading, figure, note, table);
  return { element, ...lines, dot, top, from, to, caption, note };
}

function path(name) {
  return svg("path", { class: `room-chart-${name}` });
}

function drawing({ area, needed, line }) {
  const field = { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" };
  return svg("svg", field, area, needed, line);
}

function legend() {
  return h("p", { class: "room-chart-legend small", "aria-hidden": "true" },
    h("span", { class: "is-line" }, words.here), h("span", { class: "is-pace" }, words.pace));
}
