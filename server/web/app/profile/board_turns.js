// The ways up and down a leaderboard.

import { h } from "../dom.js";
import { texts } from "../texts.js";

const said = texts.profile.boards;

/** { upwards, downwards, show(page, myId) }; each runs its change of the pages through `turn`. */
export function turnButtons(pages, turn) {
  let next = null;
  const higher = button(said.higher, () => turn(() => pages.higher()));
  const top = button(said.top, () => turn(() => pages.top()));
  const lower = button(said.lower, () => turn(() => pages.lower(next)));
  const toMe = button(said.toMe, () => turn(() => pages.aroundMe()));

  function show({ entries, me, nextCursor }, myId) {
    next = nextCursor;
    higher.hidden = entries.length === 0 || entries[0].rank === 1;
    top.hidden = higher.hidden;
    lower.hidden = nextCursor === null;
    toMe.hidden = me === null || entries.some(({ userId }) => userId === myId);
  }

  return { upwards: turnsRow(higher, top), downwards: turnsRow(lower, toMe), show };
}

const turnsRow = (...buttons) => h("div", { class: "row turns" }, buttons);

function button(text, act) {
  const look = { type: "button", class: "plain", "aria-controls": "board-places", hidden: true };
  return h("button", { ...look, on: { click: act } }, text);
}
