// Which leaderboard: a day, a week, one of my raids; the day or week before and after.

import { h, replace, setText } from "../dom.js";
import { texts } from "../texts.js";
import { dayAfter } from "./days.js";
import { mondayOf, periodAfter, periodOf } from "./periods.js";

const said = texts.profile.boards;
const { written } = texts.profile;
const KINDS = ["daily", "weekly", "raids"];
const RAIDS_LISTED = 100;

/** { element, board: {kind, name}, show(today) }; `changed` is called when another is chosen. */
export function boardChoice(rest, changed) {
  const choice = { kind: "daily", today: null, names: { daily: null, weekly: null, raids: null } };
  const kinds = KINDS.map((kind) => h("button", { type: "button", class: "kind", "aria-pressed": "false", data: { kind } }, said.kinds[kind]));
  const earlier = stepper("‹", said.earlier, () => step(-1));
  const later = stepper("›", said.later, () => step(1));
  const period = h("strong", { class: "period", "aria-live": "polite" });
  const periods = h("div", { class: "periods" }, earlier, period, later);
  const raids = h("select", { "aria-label": said.whichRaid, on: { change: () => set(raids.value) } });
  const element = h("div", { class: "stack board-choice" }, h("div", { class: "kinds", role: "group", "aria-label": said.which }, kinds), periods, raids);
  element.addEventListener("click", ({ target }) => target.dataset.kind && choose(target.dataset.kind));

  async function choose(kind) {
    choice.kind = kind;
    if (kind === "raids" && choice.names.raids === null) await listRaids();
    draw();
    changed();
  }

  async function listRaids() {
    const found = await rest.myRaids({ limit: RAIDS_LISTED }).catch(() => ({ raids: [] }));
    const listed = found.raids.filter(({ status }) => status !== "recruiting");
    replace(raids, listed.map(({ id, title }) => h("option", { value: id }, title)));
    choice.names.raids = listed.length > 0 ? String(listed[0].id) : null;
  }

  function step(count) {
    set(periodAfter(choice.kind, choice.names[choice.kind], count));
  }

  function set(name) {
    choice.names[choice.kind] = name;
    draw();
    changed();
  }

  function show(today) {
    if (today === choice.today) return;
    for (const kind of ["daily", "weekly"]) {
      const wasNow = choice.today === null || choice.names[kind] === periodOf(kind, choice.today);
      if (wasNow) choice.names[kind] = periodOf(kind, today);
    }
    choice.today = today;
    draw();
  }

  function draw() {
    const { kind, today } = choice;
    for (const one of kinds) one.setAttribute("aria-pressed", String(one.dataset.kind === kind));
    periods.hidden = kind === "raids";
    raids.hidden = kind !== "raids" || raids.options.length === 0;
    if (kind === "raids") return;
    setText(period, periodInWords(kind, choice.names[kind], today));
    const isLatest = choice.names[kind] >= periodOf(kind, today);
    if (isLatest && document.activeElement === later) earlier.focus(); // what is disabled would lose the focus
    later.disabled = isLatest;
  }

  return { element, show, get board() { return { kind: choice.kind, name: choice.names[choice.kind] }; } };
}

export function periodInWords(kind, name, today) {
  if (name === periodOf(kind, today)) return said.now[kind];
  if (name === periodAfter(kind, periodOf(kind, today), -1)) return said.before[kind];
  if (kind === "daily") return written.short(name);
  const monday = mondayOf(name);
  return said.week(written.short(monday), written.short(dayAfter(monday, 6)));
}

function stepper(sign, label, act) {
  return h("button", { type: "button", class: "stepper", "aria-label": label, on: { click: act } }, sign);
}
