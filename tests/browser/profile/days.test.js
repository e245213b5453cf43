// Days and the weeks of a year, whatever the zone and the clocks of whoever looks.

import assert from "node:assert/strict";
import { test } from "node:test";

import { dayAfter, dayFor, daysBetween, monthsOf, weekday, weeksOf } from "../../../server/web/app/profile/days.js";

const year = (last, count) => Array.from({ length: count }, (_, ago) => dayAfter(last, ago - count + 1));

test("a day after another, over months, leap days and the nights when clocks change", () => {
  assert.equal(dayAfter("2026-12-31"), "2027-01-01");
  assert.equal(dayAfter("2028-02-28"), "2028-02-29");
  assert.equal(dayAfter("2026-03-29", 1), "2026-03-30");
  assert.equal(dayAfter("2026-11-21", -366), "2025-11-20");
  assert.equal(daysBetween("2025-11-21", "2026-11-21"), 365);
});

test("a week begins on Monday", () => {
  assert.deepEqual(["2026-11-16", "2026-11-21", "2026-11-22"].map(weekday), [0, 5, 6]);
});

test("weeks are whole, with nothing where a year begins or ends amid one", () => {
  const weeks = weeksOf(year("2026-11-21", 366));
  assert.equal(weeks.length, 53);
  assert.ok(weeks.every((week) => week.length === 7));
  assert.equal(weeks.flat().filter(Boolean).length, 366);
  assert.deepEqual(weeks.at(-1), ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21", null]);
  assert.ok(weeks.every((week) => week.every((day, place) => day === null || weekday(day) === place)));
});

test("no days are no weeks, and one day is one", () => {
  assert.deepEqual(weeksOf([]), []);
  assert.deepEqual(weeksOf(["2026-11-22"]), [[null, null, null, null, null, null, "2026-11-22"]]);
});

test("each month is named above the week with its first day, once, in the order of the year", () => {
  const months = monthsOf(weeksOf(year("2026-11-21", 366)));
  assert.equal(new Set(months.map(({ month }) => month)).size, months.length);
  assert.ok(months.length >= 12);
  for (const { column, span } of months) assert.ok(column + span <= 53);
  assert.equal(months.at(-1).month, "2026-11");
});

test("a month too narrow for its name has none, but for the last", () => {
  const months = monthsOf(weeksOf(year("2026-12-02", 366)));
  assert.ok(months.slice(0, -1).every(({ span }) => span >= 3));
  assert.equal(months.at(-1).month, "2026-12");
});

test("arrows move by days and weeks, and end at the edges", () => {
  const to = (key, day) => dayFor(key, day, "2026-01-01", "2026-11-21");
  assert.equal(to("ArrowUp", "2026-11-21"), "2026-11-20");
  assert.equal(to("ArrowLeft", "2026-11-21"), "2026-11-14");
  assert.equal(to("ArrowDown", "2026-11-21"), "2026-11-21");
  assert.equal(to("ArrowRight", "2026-11-20"), "2026-11-20");
  assert.equal(to("PageUp", "2026-01-05"), "2026-01-01");
  assert.equal(to("Home", "2026-11-21"), "2026-01-01");
  assert.equal(to("End", "2026-01-05"), "2026-11-21");
  assert.equal(to("Tab", "2026-01-05"), null);
});
