import { equal, holds } from "./expect.js";

import { pace, Series, thin } from "/web/app/room/series.js";

const line = (count) => Array.from({ length: count }, (_, at) => ({ at, xp: at * 2, tasks: at }));

export const tests = {
  "few points stay as they are": () => equal(thin(line(5), 10), line(5)),

  "thinning keeps the first and the last, in order, and never more than asked for"() {
    for (const [count, max] of [[1_000, 10], [11, 10], [5_000, 240], [3, 2]]) {
      const thinned = thin(line(count), max);
      holds(thinned.length <= max, `${thinned.length} of ${max}`);
      equal([thinned[0].at, thinned.at(-1).at], [0, count - 1]);
      holds(thinned.every((point, place) => place === 0 || point.at > thinned[place - 1].at), "in order");
    }
  },

  "thinning only leaves away: every point kept is a total the server told"() {
    const points = line(999);
    holds(thin(points, 20).every((point) => points.includes(point)), "not made up");
  },

  "points all of one moment are still bounded": () =>
    holds(thin(Array.from({ length: 500 }, () => ({ at: 7, xp: 1, tasks: 1 })), 10).length <= 10, "bounded"),

  "a series stays bounded over a hundred thousand events"() {
    const series = new Series(50);
    for (const point of line(100_000)) series.add(point);
    holds(series.points.length < 100, String(series.points.length));
    equal(series.points.at(-1), { at: 99_999, xp: 199_998, tasks: 99_999 });
    equal(series.points[0].at, 0);
  },

  "what is earlier than the last point is no news"() {
    const series = new Series();
    series.add({ at: 5, xp: 1, tasks: 1 });
    series.add({ at: 4, xp: 9, tasks: 9 });
    equal(series.points, [{ at: 5, xp: 1, tasks: 1 }]);
  },

  "the past goes before what came by events meanwhile"() {
    const series = new Series();
    for (const at of [8, 12]) series.add({ at, xp: at, tasks: at });
    series.reset(line(11));
    equal(series.points.map(({ at }) => at), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]);
  },

  "the pace goes straight from nothing to the target, and no further"() {
    equal([0, 50, 100, 200].map((at) => pace(1_000, 0, 100, at)), [0, 500, 1_000, 1_000]);
    equal(pace(10, 5, 5, 5), 10);
  },
};
