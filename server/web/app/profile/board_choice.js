// Which leaderboard: a day, a week, one of my raids.

import { h } from "../dom.js";
import { texts } from "../texts.js";
import { periodChoice } from "./board_period.js";
import { raidChoice } from "./board_raid.js";

const said = texts.profile.boards;
const KINDS = ["daily", "weekly", "raids"];

/**
 * { element, show(today), board() }; `changed` is called when another is chosen. `board` gives {kind, name}, its name
 * null where there is none to look at, and throws Problem | Unreachable where that could not be read.
 */
export function boardChoice(rest, changed) {
  const kinds = kindButtons(choose);
  const period = periodChoice(changed);
  const raids = raidChoice(rest, changed);
  const element = h("div", { class: "stack board-choice" }, kinds.element, period.element, raids.element);
  let kind = KINDS[0];

  function choose(chosen) {
    kind = chosen;
    draw();
    changed();
  }

  function draw() {
    kinds.mark(kind);
    period.draw(kind);
    raids.draw(kind === "raids");
  }

  function show(today) {
    if (period.passesTo(today)) draw();
  }

  async function board() {
    return kind === "raids" ? { kind, name: await raids.name() } : { kind, name: period.name(kind) };
  }

  return { element, show, board };
}

function kindButtons(choose) {
  const buttons = KINDS.map((kind) => {
    const look = { type: "button", class: "kind", "aria-pressed": "false", data: { kind } };
    return h("button", { ...look, on: { click: () => choose(kind) } }, said.kinds[kind]);
  });
  const element = h("div", { class: "kinds", role: "group", "aria-label": said.which }, buttons);
  const mark = (kind) => buttons.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.kind === kind)));
  return { element, mark };
}
