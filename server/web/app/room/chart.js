// Progress over time against the pace needed. Every point is a total of the server.

import { setText } from "../dom.js";
import { figure, short } from "../figures.js";
import { atMostEvery } from "../frames.js";
import { texts } from "../texts.js";
import { areaOf, frameOf, lineOf, paceOf } from "./chart_shape.js";
import { chartParts } from "./chart_parts.js";
import { chartTable } from "./chart_table.js";
import { pace, Series } from "./series.js";
import { clock } from "./times.js";

const REDRAW_MS = 1_000;
const words = texts.room.chart;

/** `load` reads the past once, `note` takes each event's totals, `update` redraws at most once a second. */
export function chartView(app, raidId) {
  const series = new Series();
  const table = chartTable();
  const parts = chartParts(table.element);
  let raid = null;
  const draw = atMostEvery(REDRAW_MS, () => drawn(parts, table, series.points, raid, app.raidline.now()));
  table.element.addEventListener("toggle", draw);

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

  const { element } = parts;
  return { element, load, note, update, clear: () => series.clear(), close: () => draw.cancel(), series };
}

const timeOf = (at) => (typeof at === "number" ? at : Date.parse(at));
const pointOf = ({ at, currentXp, currentTasks }) => ({ at: timeOf(at), xp: currentXp, tasks: currentTasks });
const startOf = (raid) => ({ at: Date.parse(raid.startedAt), xp: 0, tasks: 0 });

function drawn(parts, table, points, raid, now) {
  if (raid === null || points.length === 0 || !raid.startedAt) return;
  const frame = frameOf(raid, points, now);
  parts.element.dataset.kind = frame.kind;
  drawLines(parts, points, frame);
  drawWords(parts, raid, frame);
  if (table.element.open) table.fill(points, frame);
}

function drawLines({ line, area, needed, dot }, points, frame) {
  line.setAttribute("d", lineOf(points, frame));
  area.setAttribute("d", areaOf(points, frame));
  needed.setAttribute("d", paceOf(frame));
  dot.style.left = `${frame.x(frame.until)}%`;
  dot.style.top = `${frame.y(frame.current)}%`;
}

function drawWords({ top, from, to, caption }, raid, frame) {
  setText(top, words.target(short(frame.target), words[frame.kind]));
  top.style.top = `${frame.y(frame.target)}%`;
  setText(from, `${words.start} ${clock(frame.start)}`);
  setText(to, `${raid.over ? words.end : words.deadline} ${clock(frame.end)}`);
  setText(caption, captionOf(raid, frame));
}

function captionOf(raid, { kind, target, current, start, deadline, until }) {
  if (raid.over) return words.ended(figure(current), figure(target), words[kind]);
  const by = Math.round(current - pace(target, start, deadline, until));
  if (by === 0) return words.onPace;
  return by > 0 ? words.ahead(figure(by), words[kind]) : words.behind(figure(-by), words[kind]);
}
