// The way in: a server, who we are to it, and all that can be asked of it.

/** @import { Interest, WatchHandlers } from "./types.js" */

import { Clock } from "./clock.js";
import { Http } from "./http.js";
import { Outbox } from "./outbox.js";
import { OutboxStore } from "./outbox_store.js";
import { Rest } from "./rest.js";
import { Sessions } from "./sessions.js";
import { Watch } from "./watch.js";

/**
 * @example
 * const raidline = new Raidline();
 * await raidline.sessions.asGuest("Ada");
 * const watch = raidline.watch({ raids: [42] }, { raid: (raid) => console.log(raid.currentXp) });
 */
export class Raidline {
  #http;
  #clock = new Clock();
  #transport;
  #storage;
  /** @type {Map<number, Outbox>} */
  #outboxes = new Map();
  /** What the storage would not take is only here, also when its outbox is closed. @type {Map<number, OutboxStore>} */
  #stores = new Map();

  /**
   * @param {object} [options]
   * @param {string} [options.origin]  such as https://raids.example.org; "" for the page's own
   * @param {string | null} [options.token]  a session token or JWT; without one the browser's cookie speaks
   * @param {"sse" | "ws"} [options.transport]
   * @param {Storage | null} [options.storage]  where the outbox is kept; null: in memory
   */
  constructor({ origin = "", token = null, transport = "sse", storage = localStorageOrNull() } = {}) {
    this.#http = new Http(origin, token, this.#clock);
    this.#transport = transport;
    this.#storage = storage;
    this.rest = new Rest(this.#http);
    this.sessions = new Sessions(this.#http);
  }

  /** The server's time in ms, as well as can be told from what it said so far. */
  now() {
    return this.#clock.now();
  }

  /**
   * One connection for all of this; it comes back by itself until it is closed. At most 50 raids.
   * @param {Interest} interest
   * @param {WatchHandlers} [handlers]
   */
  watch(interest, handlers = {}) {
    const server = { http: this.#http, rest: this.rest, clock: this.#clock, transport: this.#transport };
    return new Watch(server, interest, handlers);
  }

  /** What this person did and the server has not answered yet: one and the same for each. @param {number} userId */
  outbox(userId) {
    const known = this.#outboxes.get(userId);
    if (known !== undefined && !known.isClosed) return known;
    const name = this.#http.origin || globalThis.location?.origin || "";
    const store = this.#stores.get(userId) ?? new OutboxStore(this.#storage, name, userId);
    this.#stores.set(userId, store);
    const made = new Outbox(this.rest, this.#clock, store, userId, `raidline.outbox ${name} ${userId}`);
    this.#outboxes.set(userId, made);
    return made;
  }
}

/** Where storage is forbidden, asking for it throws. */
function localStorageOrNull() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
