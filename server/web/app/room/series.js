// The points of the chart: the server's totals at moments, oldest first, never more than twice as many as are drawn.

export const POINTS = 240;

/** At most `max` of these points: the first, and the last one of each of equal spans of time. */
export function thin(points, max) {
  if (points.length <= max || max < 2) return points;
  const [start, end] = [points[0].at, points.at(-1).at];
  const span = (end - start) / (max - 1) || 1;
  const kept = [points[0]];
  let bucket = 0;
  for (let index = 1; index < points.length; index += 1) {
    const own = Math.min(max - 1, Math.ceil((points[index].at - start) / span) || 1);
    if (own === bucket) kept[kept.length - 1] = points[index];
    else kept.push(points[index]);
    bucket = own;
  }
  return kept;
}

export class Series {
  #points = [];
  #max;

  constructor(max = POINTS) {
    this.#max = max;
  }

  get points() {
    return this.#points;
  }

  /** What the server told of the past; what came since by events stays behind it. */
  reset(points) {
    const last = points.at(-1)?.at ?? -Infinity;
    const since = this.#points.filter((point) => point.at > last);
    this.#points = thin([...points, ...since], this.#max);
  }

  clear() {
    this.#points = [];
  }

  /** A total later than all before it. One that is earlier than the last is no news. */
  add(point) {
    const last = this.#points.at(-1);
    if (last !== undefined && point.at < last.at) return;
    this.#points.push(point);
    if (this.#points.length >= this.#max * 2) this.#points = thin(this.#points, this.#max);
  }
}

/** How much should be there at `at`, for a straight way from nothing at the start to the target at the deadline. */
export function pace(target, start, deadline, at) {
  if (deadline <= start) return target;
  return target * Math.min(1, Math.max(0, (at - start) / (deadline - start)));
}
