// Days as the server writes them ("2026-11-21"): what comes before and after, and a year of them in weeks.
// A day is a name here, not an instant: nothing depends on the zone of the browser.

const DAY_MS = 86_400_000;
const WEEK = 7;
const MONTH_LABEL_WEEKS = 3; // a label needs so many columns, or it would run into the next

export function dayAfter(day, count = 1) {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
}

export function daysBetween(first, last) {
  return Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS);
}

/** 0 is Monday, 6 is Sunday. */
export function weekday(day) {
  return (new Date(Date.parse(day)).getUTCDay() + 6) % WEEK;
}

/** These days, one after the other, as weeks from Monday to Sunday; null where the first or last week goes beyond
 * them. */
export function weeksOf(days) {
  if (days.length === 0) return [];
  const before = Array(weekday(days[0])).fill(null);
  const after = Array(WEEK - 1 - weekday(days.at(-1))).fill(null);
  const all = [...before, ...days, ...after];
  return Array.from({ length: all.length / WEEK }, (_, week) => all.slice(week * WEEK, (week + 1) * WEEK));
}

/** Which column each month is written above: `[{month: "2026-03", column, span}]`, without those too narrow for a
 * name. */
export function monthsOf(weeks) {
  const begun = [];
  weeks.forEach((week, column) => {
    const month = week.find((day) => day !== null && (column === 0 || day.endsWith("-01")))?.slice(0, 7);
    if (month && month !== begun.at(-1)?.month) begun.push({ month, column });
  });
  return begun
    .map((one, place) => ({ ...one, span: (begun[place + 1]?.column ?? weeks.length) - one.column }))
    .filter(({ span }, place, all) => span >= MONTH_LABEL_WEEKS || place === all.length - 1);
}

/** Where an arrow or another key leads from a day, within the first and the last; null for keys that lead nowhere. */
export function dayFor(key, day, first, last) {
  const within = (wanted) => (wanted < first ? first : wanted > last ? last : wanted);
  const steps = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -WEEK, ArrowRight: WEEK, PageUp: -28, PageDown: 28 };
  if (key in steps) return stepped(day, steps[key], first, last, within);
  if (key === "Home") return first;
  if (key === "End") return last;
  return null;
}

function stepped(day, count, first, last, within) {
  const wanted = dayAfter(day, count);
  // A week to the side of the edge is nowhere: the weekday would change under who moves along a row.
  if (Math.abs(count) === WEEK && within(wanted) !== wanted) return day;
  return within(wanted);
}
