// The raid of a leaderboard: one of those I have been in and that began.

import { h, replace } from "../dom.js";
import { texts } from "../texts.js";

const RAIDS_LISTED = 100;

/** { element, draw(isWanted), name() }; `name` reads the raids first, again until there is one, and throws as that
 * does. */
export function raidChoice(rest, changed) {
  const element = h("select", { "aria-label": texts.profile.boards.whichRaid, hidden: true, on: { change: changed } });
  let isWanted = false;

  async function name() {
    if (element.options.length === 0) await list();
    return element.value || null;
  }

  async function list() {
    const { raids } = await rest.myRaids({ limit: RAIDS_LISTED });
    const begun = raids.filter(({ status }) => status !== "recruiting");
    replace(element, begun.map(({ id, title }) => h("option", { value: id }, title)));
    draw(isWanted);
  }

  function draw(wanted) {
    isWanted = wanted;
    element.hidden = !wanted || element.options.length === 0;
  }

  return { element, draw, name };
}
