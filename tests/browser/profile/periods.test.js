// The periods of leaderboards, and those before and after.

import assert from "node:assert/strict";
import { test } from "node:test";

import { dayAfter } from "../../../server/web/app/profile/days.js";
import { mondayOf, periodAfter, periodOf, weekOf } from "../../../server/web/app/profile/periods.js";

test("ISO weeks, also around New Year", () => {
  const weeks = { "2026-11-21": "2026-W47", "2026-01-01": "2026-W01", "2027-01-03": "2026-W53", "2025-12-29": "2026-W01", "2021-01-03": "2020-W53" };
  for (const [day, week] of Object.entries(weeks)) assert.equal(weekOf(day), week, day);
});

test("the Monday of a week lies in it, for thirty years", () => {
  for (let day = "2010-01-01"; day < "2040-01-01"; day = dayAfter(day, 3)) {
    const monday = mondayOf(weekOf(day));
    assert.ok(monday <= day && day <= dayAfter(monday, 6), day);
    assert.equal(weekOf(monday), weekOf(day));
  }
});

test("before and after, and back again", () => {
  assert.equal(periodAfter("daily", "2026-03-01", -1), "2026-02-28");
  assert.equal(periodAfter("weekly", "2026-W01", -1), "2025-W52");
  assert.equal(periodAfter("weekly", "2026-W53", 1), "2027-W01");
  assert.equal(periodAfter("weekly", periodAfter("weekly", "2026-W47", -60), 60), "2026-W47");
});

test("the period a day lies in", () => {
  assert.equal(periodOf("daily", "2026-11-21"), "2026-11-21");
  assert.equal(periodOf("weekly", "2026-11-21"), "2026-W47");
});
