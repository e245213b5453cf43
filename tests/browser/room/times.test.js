import { equal } from "./expect.js";

import { ago, duration, timeLeft, took } from "/web/app/room/times.js";

const START = Date.parse("2026-11-21T10:00:00.000Z");
const HOUR = 3_600_000;
const raid = {
  status: "active",
  startedAt: new Date(START).toISOString(),
  deadline: new Date(START + 10 * HOUR).toISOString(),
};

export const tests = {
  "durations": () =>
    equal([-5, 0, 59, 754, 3_600, 11_100, 187_200].map(duration), ["0:00", "0:00", "0:59", "12:34", "1 h 00 min", "3 h 05 min", "2 d 4 h"]),

  "how long it took": () => equal([0, 41.6, 700, 7_260].map(took), ["0 s", "42 s", "12 min", "2 h 01 min"]),

  "how long ago": () =>
    equal([-3, 4, 12, 190, 7_300, 400_000].map(ago), ["now", "now", "12 s ago", "3 min ago", "2 h ago", "4 d ago"]),

  "urgent under a fifth of the time, not at a fifth"() {
    equal(timeLeft(raid, START + 8 * HOUR).isUrgent, false);
    equal(timeLeft(raid, START + 8 * HOUR + 1_000).isUrgent, true);
  },

  "up at the deadline, and never less than nothing": () =>
    equal([10, 11].map((hours) => timeLeft(raid, START + hours * HOUR)), Array(2).fill({ seconds: 0, isUp: true, isUrgent: false })),

  "no time before the start and after the end"() {
    for (const status of ["recruiting", "completed", "failed", "cancelled"]) equal(timeLeft({ ...raid, status }, START), null);
    equal(timeLeft({ ...raid, deadline: null }, START), null);
  },
};
