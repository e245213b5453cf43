// The raids of the lobby as they are on the page: which card is where, and which has to be drawn.

import { h } from "./dom.js";
import { perFrame } from "./frames.js";
import { FOLLOWED_MAX, readRaids } from "./lobby_raids.js";
import { raidCard } from "./raid_card.js";
import { raidList } from "./raid_list.js";
import { texts } from "./texts.js";

const words = texts.lobby;
const TICK_MS = 1_000;

export class LobbyBoard {
  #app;
  #cards = new Map(); // raid id -> card
  #homes = new Map(); // card -> its list
  #changed = new Set();
  #draw = perFrame(() => this.#drawChanged());
  #ticking = setInterval(() => this.#tick(), TICK_MS);
  #more = h("p", { class: "soft small", hidden: true }, words.more(FOLLOWED_MAX));

  constructor(app) {
    this.#app = app;
    this.mine = raidList({ id: "mine", title: words.mine, empty: words.mineEmpty });
    this.watched = raidList({ id: "watched", title: words.watch, lead: words.watchLead, empty: words.watchEmpty });
    this.ended = raidList({ id: "ended", title: words.ended });
    this.mine.element.append(this.#more);
  }

  /** What a stream has to follow: all that can still change. */
  get followed() {
    const live = [...this.#cards.values()].filter(({ raid }) => !raid.over);
    return live.slice(0, FOLLOWED_MAX).map(({ raid }) => raid.id);
  }

  /** Put what is new among the found ones on the page. What is there stays where it is. */
  async take({ mine, ended, watched, more }) {
    const unknown = [...mine, ...watched, ...ended].filter((id) => !this.#cards.has(id));
    const raids = await readRaids(this.#app.raidline.rest, unknown);
    this.#more.hidden = !more;
    for (const [ids, list] of [[mine, this.mine], [ended, this.ended], [watched, this.watched]]) {
      for (const id of ids) if (raids.has(id)) this.#put(raids.get(id), list);
    }
    for (const id of mine) this.#move(id, this.watched, this.mine);
    for (const id of watched) this.#move(id, this.mine, this.watched);
  }

  show(raid) {
    const card = this.#cards.get(raid.id);
    if (card === undefined) return;
    card.show(raid);
    this.#redraw(card);
  }

  isMine(raidId) {
    return this.#homes.get(this.#cards.get(raidId)) === this.mine;
  }

  gone(raidId) {
    const card = this.#cards.get(raidId);
    if (card === undefined) return;
    this.#homes.get(card).remove(card);
    this.#forget(card);
  }

  close() {
    clearInterval(this.#ticking);
    this.#draw.cancel();
  }

  #put(raid, list) {
    const card = raidCard(raid, { me: this.#app.me, now: () => this.#app.raidline.now() });
    const replaced = list === this.watched ? list.takePlaceOfAnEnded(card) : null;
    if (replaced !== null) this.#forget(replaced);
    else list.add(card);
    this.#cards.set(raid.id, card);
    this.#homes.set(card, list);
  }

  /** A raid that was joined, or left, in another tab. */
  #move(raidId, from, to) {
    const card = this.#cards.get(raidId);
    if (this.#homes.get(card) !== from) return;
    from.remove(card);
    to.add(card);
    this.#homes.set(card, to);
  }

  #forget(card) {
    this.#cards.delete(card.raid.id);
    this.#homes.delete(card);
  }

  #tick() {
    for (const card of this.#cards.values()) this.#redraw(card);
  }

  #redraw(card) {
    this.#changed.add(card);
    this.#draw();
  }

  #drawChanged() {
    for (const card of this.#changed) card.draw();
    this.#changed.clear();
  }
}
