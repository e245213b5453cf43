// Leaderboards of a day, a week and a raid, with me in the middle.

import { h, replace, setText } from "../dom.js";
import { figure } from "../figures.js";
import { texts } from "../texts.js";
import { boardChoice } from "./board_choice.js";
import { BoardPages } from "./board_pages.js";
import { placeRow } from "./board_rows.js";
import { turnButtons } from "./board_turns.js";
import { errorLine, problemInWords, tell } from "./parts.js";

const said = texts.profile.boards;
const NONE = { entries: [], me: null, final: false, nextCursor: null };

/** { element, show(own), reload() } */
export function boardsCard(rest) {
  const pages = new BoardPages();
  const choice = boardChoice(rest, () => turn(() => pages.aroundMe()));
  const turns = turnButtons(pages, turn);
  const parts = boardParts(choice, turns);
  let myId = null;
  let round = 0;

  /** Read the page that is looked at anew; of two at once the later one counts. */
  async function reload() {
    const mine = ++round;
    try {
      const [page, emptyText] = await read();
      if (mine === round) draw(page, emptyText);
    } catch (problem) {
      if (mine === round) tell(parts.error, problemInWords(problem));
    }
  }

  async function read() {
    const { kind, name } = await choice.board();
    return name === null ? [NONE, said.noRaids] : [await rest.leaderboard(kind, name, pages.query), said.empty];
  }

  function turn(change) {
    change();
    return reload();
  }

  function draw(page, emptyText) {
    fill(parts, page, myId, emptyText);
    turns.show(page, myId);
    // A button that went away takes the place of whoever pressed it along.
    const { activeElement } = document;
    if (parts.element.contains(activeElement) && activeElement.hidden) parts.list.focus({ preventScroll: true });
  }

  function show(own) {
    myId = own.me.id;
    choice.show(own.today);
    reload();
  }

  return { element: parts.element, show, reload };
}

function boardParts(choice, { upwards, downwards }) {
  const final = h("span", { class: "chip final-chip", title: said.finalWhat, hidden: true }, said.final);
  const mine = h("p", { class: "my-place" });
  const list = h("ol", { class: "places", id: "board-places", tabindex: -1 });
  const empty = h("p", { class: "soft board-empty", hidden: true });
  const error = errorLine();
  const element = h("section", { class: "card boards-card", id: "boards", "aria-labelledby": "boards-heading" },
    h("div", { class: "spread" }, h("h2", { id: "boards-heading" }, said.heading), final),
    choice.element, mine, error, upwards, list, empty, downwards);
  return { element, final, mine, list, empty, error };
}

function fill({ error, list, empty, final, mine }, page, myId, emptyText) {
  const isEmpty = page.entries.length === 0;
  tell(error, "");
  replace(list, page.entries.map(placeRow(myId)));
  list.hidden = isEmpty;
  empty.hidden = !isEmpty;
  setText(empty, emptyText);
  final.hidden = !page.final;
  setText(mine, page.me ? said.mine(figure(page.me.rank), figure(page.me.xp), page.me.tied) : said.notOn);
  mine.hidden = isEmpty;
}
