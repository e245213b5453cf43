// The chart's geometry: times and totals to a field of 100 by 100, and paths of points.

import { pace } from "./series.js";

const HEADROOM = 1.06;

/** What is measured and how it lies in the field: XP where they have a target, else tasks. */
export function frameOf(raid, points, now) {
  const kind = raid.targetXp > 0 ? "xp" : "tasks";
  const target = kind === "xp" ? raid.targetXp : raid.targetTasks;
  const current = kind === "xp" ? raid.currentXp : raid.currentTasks;
  const start = Math.min(Date.parse(raid.startedAt), points[0].at);
  const deadline = Date.parse(raid.deadline);
  const until = Math.max(start, raid.over ? Date.parse(raid.endedAt) : Math.min(now, deadline));
  const end = Math.max(raid.over ? until : deadline, start + 1);
  const highest = Math.max(target, current, 1);
  return {
    kind, target, current, start, deadline, until, end,
    x: (at) => rounded((100 * (at - start)) / (end - start)),
    y: (total) => rounded(100 - (100 * total) / (highest * HEADROOM)),
  };
}

/** Through the points, and on to now at the total of now. */
export function lineOf(points, frame) {
  const { kind, x, y, until, current } = frame;
  const corners = points.filter((point) => point.at < until).map((point) => `${x(point.at)} ${y(point[kind])}`);
  return `M${[...corners, `${x(until)} ${y(current)}`].join("L")}`;
}

/** The same with the ground beneath it. */
export function areaOf(points, frame) {
  return `${lineOf(points, frame)}L${frame.x(frame.until)} ${frame.y(0)}L${frame.x(frame.start)} ${frame.y(0)}Z`;
}

/** From nothing at the start to the target at the deadline, as far as the field shows of it. */
export function paceOf({ x, y, start, deadline, end, target }) {
  const last = Math.min(end, deadline);
  return `M${x(start)} ${y(0)}L${x(last)} ${y(pace(target, start, deadline, last))}`;
}

const rounded = (number) => Math.round(number * 100) / 100;
