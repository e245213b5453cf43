// Progress over time against the pace needed. Every point is a total of the server.

import { h, replace, setText, svg } from "../dom.js";
import { atMostEvery } from "../frames.js";
import { texts } from "../texts.js";
import { areaOf, frameOf, lineOf, paceOf } from "./chart_shape.js";
import { figure, short } from "./figures.js";
import { pace, Series, thin } from "./series.js";

const REDRAW_MS = 1_000;
const TABLE_ROWS = 12;
const words = texts.room.chart;

/** `load` reads the past once, `note` takes each event's totals, `update` redraws at most once a second. */
export function chartView(app, raidId) {
  const series = new Series();
  const parts = chartParts();
  let raid = null;
  const draw = atMostEvery(REDRAW_MS, () => drawn(parts, series.points, raid, app.raidline.now()));
  parts.details.addEventListener("toggle", draw);

  async function load(ofRaid) {
    raid = ofRaid;
    if (raid.status === "recruiting" || !raid.startedAt) return;
    const past = await app.raidline.rest.progress(raidId, { points: 120 }).catch(() => null);
    parts.note.hidden = past !== null;
    series.reset(past === null ? [startOf(raid)] : past.points.map(pointOf));
    if (raid.isActive) series.add(pointOf({ ...raid, at: app.raidline.now() }));
    draw();
  }

  function note(data) {
    if (data.currentXp === undefined || !data.at) return;
    series.add(pointOf(data));
    draw();
  }

  function update(ofRaid) {
    raid = ofRaid;
    draw();
  }

  return { element: parts.element, load, note, update, clear: () => series.clear(), close: () => draw.cancel(), series };
}

const timeOf = (at) => (typeof at === "number" ? at : Date.parse(at));
const pointOf = ({ at, currentXp, currentTasks }) => ({ at: timeOf(at), xp: currentXp, tasks: currentTasks });
const startOf = (raid) => ({ at: Date.parse(raid.startedAt), xp: 0, tasks: 0 });

function chartParts() {
  const area = svg("path", { class: "room-chart-area" });
  const needed = svg("path", { class: "room-chart-pace" });
  const line = svg("path", { class: "room-chart-line" });
  const dot = h("span", { class: "room-chart-dot" });
  const [top, from, to] = [h("span", { class: "room-chart-top figure" }), h("span"), h("span")];
  const caption = h("figcaption", { class: "soft small" });
  const note = h("p", { class: "soft small", hidden: true }, words.failed);
  const drawing = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" }, area, needed, line);
  const body = h("tbody");
  const unit = h("th", { scope: "col" });
  const table = h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, words.time), unit, h("th", { scope: "col" }, words.needed))), body);
  const details = h("details", { class: "room-chart-table" }, h("summary", {}, words.table), table);
  const legend = h("p", { class: "room-chart-legend small", "aria-hidden": "true" }, h("span", { class: "is-line" }, words.here), h("span", { class: "is-pace" }, words.pace));
  const figureElement = h("figure", { class: "room-chart" },
    h("div", { class: "room-chart-plot", "aria-hidden": "true" }, drawing, dot, top),
    h("div", { class: "spread small soft", "aria-hidden": "true" }, from, to), caption);
  const element = h("section", { class: "card" }, h("div", { class: "spread" }, h("h2", {}, words.title), legend), figureElement, note, details);
  return { element, area, needed, line, dot, top, from, to, caption, note, body, unit, details };
}

function drawn(parts, points, raid, now) {
  if (raid === null || points.length === 0 || !raid.startedAt) return;
  const frame = frameOf(raid, points, now);
  const kind = frame.kind;
  parts.element.dataset.kind = kind;
  parts.line.setAttribute("d", lineOf(points, frame));
  parts.area.setAttribute("d", areaOf(points, frame));
  parts.needed.setAttribute("d", paceOf(frame));
  parts.dot.style.left = `${frame.x(frame.until)}%`;
  parts.dot.style.top = `${frame.y(frame.current)}%`;
  setText(parts.top, words.target(short(frame.target), words[kind]));
  parts.top.style.top = `${frame.y(frame.target)}%`;
  setText(parts.from, `${words.start} ${clock(frame.start)}`);
  setText(parts.to, `${raid.over ? words.end : words.deadline} ${clock(frame.end)}`);
  setText(parts.caption, captionOf(raid, frame));
  if (parts.details.open) fillTable(parts, points, frame);
}

function captionOf(raid, { kind, target, current, start, deadline, until }) {
  if (raid.over) return words.ended(figure(current), figure(target), words[kind]);
  const by = Math.round(current - pace(target, start, deadline, until));
  if (by === 0) return words.onPace;
  return by > 0 ? words.ahead(figure(by), words[kind]) : words.behind(figure(-by), words[kind]);
}

function fillTable(parts, points, { kind, target, start, deadline }) {
  setText(parts.unit, words.total(words[kind]));
  const rows = thin(points, TABLE_ROWS).map((point) => h("tr", {},
    h("td", {}, clock(point.at)),
    h("td", {}, figure(point[kind])),
    h("td", {}, figure(Math.round(pace(target, start, deadline, point.at))))));
  replace(parts.body, rows);
}

function clock(at) {
  const time = new Date(at);
  const day = time.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "short" };
  return time.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
}
