// What both transports share: for whom they are open, the ticket to open with, and that a closed one tells nothing.

/** @import { Http } from "./http.js" */
/** @import { Rest } from "./rest.js" */
/** @import { Feed, Frame } from "./feed.js" */
/** @import { EndReason } from "./types.js" */

/** @typedef {{kind: "lost"} | {kind: "failed", error: unknown} | {kind: "over", reason: EndReason}} Ending */
/** @typedef {{frame: (frame: Frame) => void, ended: (ending: Ending) => void}} Listener */

export class Connection {
  isClosed = false;

  /** @param {Http} http @param {Rest} rest @param {Feed} feed @param {Listener} listener */
  constructor(http, rest, feed, listener) {
    this.http = http;
    this.rest = rest;
    this.feed = feed;
    this.listener = listener;
  }

  close() {
    this.isClosed = true;
  }

  /**
   * Listens with a ticket, good for one opening, where a token says who we are.
   * @param {() => Promise<{ticket: string}>} ask
   * @param {(ticket: string | undefined) => void} listen
   */
  async open(ask, listen) {
    try {
      const ticket = this.http.token === null ? undefined : (await ask()).ticket;
      if (!this.isClosed) listen(ticket);
    } catch (error) {
      if (!this.isClosed) this.listener.ended({ kind: "failed", error });
    }
  }
}
