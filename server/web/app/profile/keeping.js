// What keeps a streak when there is no time for it: a freeze, a repair, a pause. Each says what it does and what it
// costs.

import { h, setText } from "../dom.js";
import { texts } from "../texts.js";
import { dayAfter } from "./days.js";
import { attempt, errorLine } from "./parts.js";

const said = texts.profile.keeping;
const { written } = texts.profile;
const PAUSE_AHEAD_DAYS = 90;
const PAUSE_SUGGESTED_DAYS = 6;

/** { element, show(own) }; `acted(text)` is called when the streak was changed from here. */
export function keepingCard(rest, acted) {
  const freeze = freezeRow(rest, acted);
  const repair = repairRow(rest, acted);
  const pause = pauseRow(rest, acted);
  const element = h("section", { class: "card keeping-card", id: "keeping", "aria-labelledby": "keeping-heading" },
    h("h2", { id: "keeping-heading" }, said.heading), freeze.element, repair.element, pause.element);
  return { element, show: (own) => [freeze, repair, pause].forEach((row) => row.show(own)) };
}

function freezeRow(rest, acted) {
  const row = way(said.freeze, "frozen", async () => {
    await rest.freeze();
    return said.freeze.done;
  }, acted);

  function show({ streak }) {
    const isOpen = streak.state === "open" && streak.current > 0;
    row.offer(isOpen && streak.freezes > 0, whyNoFreeze(streak));
  }

  return { element: row.element, show };
}

function whyNoFreeze({ state, current, freezes }) {
  if (state === "active") return said.freeze.activeAlready;
  if (state === "frozen" || state === "paused") return said.freeze.keptAlready;
  if (current === 0) return said.freeze.noStreak;
  return freezes > 0 ? said.freeze.held(freezes) : said.freeze.noneHeld;
}

function repairRow(rest, acted) {
  let day = null;
  let wasAvailable = false;
  const row = way(said.repair, "repaired", async () => {
    await rest.repair(day);
    return said.repair.done(written.inWords(day));
  }, acted);

  function show({ streak, me }) {
    day = streak.repair.day;
    const { available, until } = streak.repair;
    if (available && !wasAvailable) row.element.open = true; // it runs out: not to be looked for
    wasAvailable = available;
    const ends = () => said.repair.until(written.inWords(day), written.moment(until, me.tz));
    row.offer(available, available ? ends() : said.repair.none);
  }

  return { element: row.element, show };
}

function pauseRow(rest, acted) {
  const from = h("input", { type: "date", name: "from", required: true });
  const to = h("input", { type: "date", name: "to", required: true });
  const labels = [h("label", {}, said.pause.from, from), h("label", {}, said.pause.to, to)];
  const fields = h("div", { class: "two-fields" }, labels);
  let isPaused = false;
  const row = way(said.pause, "paused", async () => {
    if (isPaused) await rest.unpause();
    else await rest.pause(from.value, to.value);
    return isPaused ? said.pause.ended : said.pause.done(written.inWords(from.value), written.inWords(to.value));
  }, acted, fields);
  let shownFor = null;

  function show(own) {
    const { pause } = own.streak;
    isPaused = pause !== null;
    fields.hidden = isPaused;
    setText(row.button, isPaused ? said.pause.end : said.pause.action);
    const running = () => said.pause.running(written.inWords(pause.from), written.inWords(pause.to));
    row.offer(true, isPaused ? running() : said.pause.now);
    if (shownFor !== own.today) suggest((shownFor = own.today));
  }

  function suggest(today) {
    for (const field of [from, to]) field.min = today;
    for (const field of [from, to]) field.max = dayAfter(today, PAUSE_AHEAD_DAYS);
    from.value = today;
    to.value = dayAfter(today, PAUSE_SUGGESTED_DAYS);
  }

  return { element: row.element, show };
}

/** One way to keep a streak: { element, button, offer(isPossible, why) }. `work` answers what is to be said when it
 * is done. */
function way(words, state, work, acted, ...fields) {
  const why = h("span", { class: "way-now small" });
  const line = errorLine();
  const button = h("button", { type: "submit" }, words.action);
  const what = h("p", { class: "soft small" }, words.what);
  const form = h("form", { class: "stack", on: { submit } }, what, ...fields, button, line);
  const sign = h("span", { class: "way-sign", "aria-hidden": "true" });
  const summary = h("summary", {}, sign, h("span", { class: "way-name" }, words.name), why);
  const element = h("details", { class: "way", data: { state } }, summary, form);

  async function submit(event) {
    event.preventDefault();
    let done = "";
    if (!(await attempt(button, line, async () => (done = await work())))) return;
    await acted(done);
    if (button.disabled) summary.focus(); // a button that can do no more would hold whoever pressed it
  }

  function offer(isPossible, text) {
    button.disabled = !isPossible;
    element.classList.toggle("possible", isPossible);
    setText(why, text);
  }

  return { element, button, offer };
}
