// The streak: how long, what keeps it, what is to do today.

import { h, replace, setText, svg } from "../dom.js";
import { figure } from "../figures.js";
import { texts } from "../texts.js";
import { attempt, errorLine } from "./parts.js";

const said = texts.profile.streak;
const { written } = texts.profile;
const FLAME = "M12 1c1 4 6 6.5 6 12.5A6 6 0 0 1 12 23a6 6 0 0 1-6-9.5" +
  "C6 10 8 9 8.5 6c2 1 2.5 2.5 2.5 4C12.5 8 13 4.5 12 1z";
const FREEZES_SHOWN = 5;
const LONG = 9_999; // days; a figure as large as the others would leave its card

/** { element, show(own) }; `acted` is called when the streak was changed from here. */
export function streakCard(rest, acted) {
  const parts = streakParts();
  const { element, button, line } = parts;

  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    if (await attempt(button, line, () => rest.checkIn())) await acted(said.checkedIn);
  });

  function show(own) {
    tellStreak(parts, own);
    tellCheckIn(button, own.stats.get(own.today)?.checkedIn ?? false, own.streak.state === "active");
  }

  return { element, show };
}

function streakParts() {
  const shape = svg("path", { d: FLAME, fill: "currentColor" });
  const flame = h("span", { class: "flame" }, svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, shape));
  const now = h("strong", { class: "figure streak-figure" });
  const unit = h("span", { class: "streak-unit" });
  const tier = h("span", { class: "chip tier" });
  const state = h("p", { class: "streak-state" });
  const facts = h("dl", { class: "facts" });
  const line = errorLine();
  const button = h("button", { type: "button", class: "main" });
  const element = h("section", { class: "card streak-card", id: "streak", "aria-labelledby": "streak-heading" },
    h("div", { class: "spread" }, h("h2", { id: "streak-heading" }, said.heading), tier),
    h("p", { class: "streak-now" }, flame, now, unit), state, facts, button, line);
  return { element, now, unit, tier, state, facts, line, button };
}

function tellStreak({ element, now, unit, tier, state, facts }, own) {
  const { streak } = own;
  element.dataset.state = streak.state;
  setText(now, figure(streak.current));
  now.classList.toggle("long", streak.current > LONG);
  setText(unit, said.days(streak.current));
  tier.hidden = streak.tier === null;
  tier.dataset.tier = streak.tier ?? "";
  setText(tier, said.tiers[streak.tier] ?? streak.tier ?? "");
  setText(state, stateInWords(own));
  element.classList.toggle("at-risk", isAtRisk(own));
  replace(facts, factsOf(streak));
}

function tellCheckIn(button, isDone, counts) {
  // Not `disabled`: whoever has just pressed it would lose their place on the page.
  button.setAttribute("aria-disabled", String(isDone));
  button.classList.toggle("main", !isDone && !counts);
  setText(button, isDone ? said.checkInDone : said.checkIn);
}

/** Alive, today still to do, and nothing that would keep it at midnight. */
export function isAtRisk({ streak }) {
  return streak.state === "open" && streak.current > 0 && streak.freezes === 0;
}

function stateInWords({ streak, me, endsAt }) {
  if (streak.state !== "open") return said.states[streak.state] ?? streak.state;
  if (streak.current === 0) return said.states.none;
  if (streak.freezes > 0) return said.openWithFreeze(me.tz);
  return endsAt ? said.atRiskUntil(streak.current, written.moment(endsAt, me.tz)) : said.atRisk(streak.current, me.tz);
}

function factsOf(streak) {
  return [
    fact(said.longest, h("span", { class: "figure" }, said.dayCount(streak.longest))),
    fact(said.freezes, h("span", { class: "row" },
      h("span", { class: "figure" }, figure(streak.freezes)), flakes(streak.freezes))),
    fact(said.nextFreeze, h("span", {}, said.nextFreezeIn(streak.nextFreezeIn))),
  ];
}

function fact(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

function flakes(count) {
  const flake = () => h("span", { class: "flake", "aria-hidden": "true" });
  return Array.from({ length: Math.min(count, FREEZES_SHOWN) }, flake);
}
