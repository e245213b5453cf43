// Achievements: what is next, what is unlocked, what lies ahead and what is secret.

import { h, setText } from "../dom.js";
import { figure } from "../figures.js";
import { texts } from "../texts.js";
import { aheadRow, nextRow, secretRow, unlockedRow } from "./achievement_rows.js";
import { sorted } from "./achievement_sets.js";
import { boundedList } from "./parts.js";

const said = texts.profile.achievements;
const STEP = 24;

/** { element, show(own) } */
export function achievementsCard() {
  let zone = "UTC";
  const parts = {
    next: part("next", said.next, 4, nextRow),
    sets: part("unlocked", said.unlocked, 6, (set) => unlockedRow(zone)(set)),
    ahead: part("ahead", said.ahead, 4, aheadRow),
    secrets: part("secrets", said.secrets, 3, secretRow),
  };
  const head = headParts(Object.values(parts));
  let shown = null;

  function show(own) {
    const kept = JSON.stringify([own.achievements, own.next, own.me.tz]);
    if (kept === shown) return; // drawn anew, whoever reads in it would lose their place
    shown = kept;
    zone = own.me.tz;
    const all = sorted(own.achievements, own.next);
    for (const [name, one] of Object.entries(parts)) one.show(all[name]);
    tellHowMany(head, all);
  }

  return { element: head.element, show };
}

function headParts(parts) {
  const count = h("span", { class: "chip figure" });
  const empty = h("p", { class: "soft", hidden: true }, said.empty);
  const none = h("p", { class: "soft", hidden: true }, said.noneYet);
  const named = { id: "achievements", "aria-labelledby": "achievements-heading" };
  const element = h("section", { class: "card achievements-card", ...named },
    h("div", { class: "spread" }, h("h2", { id: "achievements-heading" }, said.heading), count),
    empty, none, parts.map((one) => one.element));
  return { element, count, empty, none };
}

function tellHowMany({ count, empty, none }, all) {
  setText(count, said.count(figure(all.unlocked), figure(all.count)));
  count.hidden = all.count === 0;
  empty.hidden = all.count > 0;
  none.hidden = all.count === 0 || all.unlocked > 0;
}

/** A part with a heading of its own, away while there is nothing in it. */
function part(name, heading, first, draw) {
  const list = boundedList("ul", { class: "achievements", "aria-label": heading }, { first, step: STEP, draw });
  const look = { class: "stack achievement-part", data: { part: name }, hidden: true };
  const element = h("div", look, h("h3", {}, heading), list.element);

  function show(items) {
    element.hidden = items.length === 0;
    list.show(items);
  }

  return { element, show };
}
