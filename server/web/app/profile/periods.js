// The periods of leaderboards: days ("2026-11-21") and ISO weeks ("2026-W47"), and those before and after them.

import { dayAfter, weekday } from "./days.js";

/** The ISO week in which a day lies; around New Year that may be a week of the year before or after. */
export function weekOf(day) {
  const thursday = dayAfter(day, 3 - weekday(day));
  const year = thursday.slice(0, 4);
  const number = Math.floor((Date.parse(thursday) - Date.parse(`${year}-01-01`)) / (7 * 86_400_000)) + 1;
  return `${year}-W${String(number).padStart(2, "0")}`;
}

/** The Monday with which an ISO week begins. */
export function mondayOf(week) {
  const [year, number] = week.split("-W");
  const inFirst = `${year}-01-04`; // the 4th of January is always in the first week
  return dayAfter(inFirst, -weekday(inFirst) + (Number(number) - 1) * 7);
}

/** The period so many steps later, or earlier where the count is below 0. `kind` is "daily" or "weekly". */
export function periodAfter(kind, name, count = 1) {
  return kind === "daily" ? dayAfter(name, count) : weekOf(dayAfter(mondayOf(name), count * 7));
}

/** The period of that kind in which a day lies. */
export function periodOf(kind, day) {
  return kind === "daily" ? day : weekOf(day);
}
