// Who we are to the server.

/** @import { Http } from "./http.js" */
/** @import { SessionAnswer } from "./types.js" */

import { Problem } from "./errors.js";

export class Sessions {
  #http;

  /** @param {Http} http */
  constructor(http) {
    this.#http = http;
  }

  /**
   * A guest of this name, where the server lets guests in. On the page's own origin the server's cookie carries the
   * session, out of reach of scripts, and the token is not kept; elsewhere it is, in memory.
   * @param {string} name
   * @param {string} [tz]  an IANA name
   * @returns {Promise<SessionAnswer>}
   */
  async asGuest(name, tz = Intl.DateTimeFormat().resolvedOptions().timeZone) {
    const answer = await this.#http.call("POST", "/sessions/guest", { body: { name, tz }, anonymous: true });
    this.#http.token = this.#http.isOwnOrigin ? null : answer.token;
    return answer;
  }

  /**
   * From now on as whoever this token (or JWT) is of. Returns who that is, and throws a Problem 401 if nobody; then
   * everything is as it was.
   * @param {string} token
   */
  async withToken(token) {
    const before = this.#http.token;
    this.#http.token = token;
    try {
      return await this.#http.call("GET", "/me");
    } catch (error) {
      this.#http.token = before;
      throw error;
    }
  }

  /** Ends the session on the server, with all its streams. That it has ended already is as good. */
  async end() {
    try {
      await this.#http.call("DELETE", "/sessions/current");
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) throw error;
    }
    this.#http.token = null;
  }
}
