// Leaderboards of a day, a week and a raid, with me in the middle.

import { h, replace, setText } from "../dom.js";
import { texts } from "../texts.js";
import { boardChoice } from "./board_choice.js";
import { BoardPages } from "./board_pages.js";
import { placeRow } from "./board_rows.js";
import { errorLine, number, problemInWords, tell } from "./parts.js";

const said = texts.profile.boards;

/** { element, show(own), reload() } */
export function boardsCard(rest) {
  return new Boards(rest);
}

class Boards {
  constructor(rest) {
    this._rest = rest;
    this._pages = new BoardPages();
    this._round = 0;
    this._myId = null;
    this._next = null;
    this._choice = boardChoice(rest, () => this._chosen());
    this._final = h("span", { class: "chip final-chip", title: said.finalWhat, hidden: true }, said.final);
    this._mine = h("p", { class: "my-place" });
    this._list = h("ol", { class: "places", id: "board-places", tabindex: -1 });
    this._empty = h("p", { class: "soft board-empty", hidden: true });
    this._error = errorLine();
    this._higher = button(said.higher, () => this._turn(() => this._pages.higher()));
    this._lower = button(said.lower, () => this._turn(() => this._pages.lower(this._next)));
    this._top = button(said.top, () => this._turn(() => this._pages.top()));
    this._me = button(said.toMe, () => this._turn(() => this._pages.aroundMe()));
    this.element = h("section", { class: "card boards-card", id: "boards", "aria-labelledby": "boards-heading" },
      h("div", { class: "spread" }, h("h2", { id: "boards-heading" }, said.heading), this._final),
      this._choice.element, this._mine, this._error, h("div", { class: "row turns" }, this._higher, this._top),
      this._list, this._empty, h("div", { class: "row turns" }, this._lower, this._me));
  }

  show(own) {
    this._myId = own.me.id;
    this._choice.show(own.today);
    this.reload();
  }

  /** Read the page that is looked at anew; of two at once the later one counts. */
  async reload() {
    const { kind, name } = this._choice.board;
    const round = ++this._round;
    if (name === null) return this._draw({ entries: [], me: null, final: false, nextCursor: null }, said.noRaids);
    try {
      const page = await this._rest.leaderboard(kind, name, this._pages.query);
      if (round === this._round) this._draw(page, said.empty);
    } catch (problem) {
      if (round === this._round) tell(this._error, problemInWords(problem));
    }
  }

  _chosen() {
    this._pages.aroundMe();
    return this.reload();
  }

  _turn(change) {
    change();
    return this.reload();
  }

  _draw(page, emptyText) {
    tell(this._error, "");
    this._next = page.nextCursor;
    replace(this._list, page.entries.map(placeRow(this._myId)));
    this._list.hidden = page.entries.length === 0;
    this._empty.hidden = page.entries.length > 0;
    setText(this._empty, emptyText);
    this._final.hidden = !page.final;
    setText(this._mine, page.me ? said.mine(number(page.me.rank), number(page.me.xp), page.me.tied) : said.notOn);
    this._mine.hidden = page.entries.length === 0;
    this._hideTurns(page);
    // A button that went away takes the place of whoever pressed it along.
    if (this.element.contains(document.activeElement) && document.activeElement.hidden) this._list.focus({ preventScroll: true });
  }

  _hideTurns(page) {
    this._higher.hidden = page.entries.length === 0 || page.entries[0].rank === 1;
    this._top.hidden = this._higher.hidden;
    this._lower.hidden = page.nextCursor === null;
    this._me.hidden = page.me === null || page.entries.some(({ userId }) => userId === this._myId);
  }
}

function button(text, act) {
  return h("button", { type: "button", class: "plain", "aria-controls": "board-places", hidden: true, on: { click: act } }, text);
}
