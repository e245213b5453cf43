// One method per endpoint. Each returns the parsed answer, and throws Problem or Unreachable.

/** @import { Http, Query } from "./http.js" */
/** @import { Snapshot } from "./types.js" */

import { newKey } from "./keys.js";

/** @typedef {{cursor?: string | null, limit?: number}} Page */
/** @typedef {{xp: number, type?: string, taskId?: string, occurredAt?: string, userId?: number}} Contribution */

export class Rest {
  #http;

  /** @param {Http} http */
  constructor(http) {
    this.#http = http;
  }

  me() { return this.#get("/me"); }

  /** @param {{name?: string, tz?: string}} changes */
  changeMe(changes) { return this.#send("PATCH", "/me", changes); }

  /** Away with me, for good. */
  deleteMe() { return this.#send("DELETE", "/me"); }

  /** @param {{status?: string} & Page} [query] */
  myRaids(query) { return this.#get("/me/raids", query); }

  /** @param {{status?: string, mine?: boolean} & Page} [query] */
  raids(query) { return this.#get("/raids", query); }

  /** @param {number[]} ids  at most 200 @returns {Promise<{raids: Record<string, Snapshot | null>}>} */
  hydrate(ids) { return this.#send("POST", "/raids/hydrate", { ids }); }

  /** @param {number} id @returns {Promise<Snapshot>} */
  raid(id) { return this.#get(`/raids/${id}`); }

  /** @param {object} body  title, targetXp, targetTasks, and what the contract names besides @returns
   * {Promise<Snapshot>} */
  createRaid(body) { return this.#send("POST", "/raids", body); }

  /** @param {number} id @param {{title?: string, description?: string, openJoin?: boolean, public?: boolean}} patch
   * @returns {Promise<Snapshot>} */
  changeRaid(id, patch) { return this.#send("PATCH", `/raids/${id}`, patch); }

  /** @param {string} inviteCode @returns {Promise<Snapshot>} */
  join(inviteCode) { return this.#send("POST", "/raids/join", { inviteCode }); }

  /** @param {number} id @returns {Promise<Snapshot>} */
  start(id) { return this.#send("POST", `/raids/${id}/start`); }

  /** @param {number} id */
  leave(id) { return this.#send("POST", `/raids/${id}/leave`); }

  /** @param {number} id @returns {Promise<Snapshot>} */
  cancel(id) { return this.#send("POST", `/raids/${id}/cancel`); }

  /** @param {number} id @param {number} userId @returns {Promise<Snapshot>} */
  lead(id, userId) { return this.#send("POST", `/raids/${id}/lead`, { userId }); }

  /** @param {number} id @returns {Promise<{inviteCode: string}>} */
  newInviteCode(id) { return this.#send("POST", `/raids/${id}/invite-code`); }

  /** @param {number} id @param {number} userId @returns {Promise<Snapshot>} */
  removeMember(id, userId) { return this.#send("DELETE", `/raids/${id}/members/${userId}`); }

  /**
   * Whoever may have to send it again gives the key; the outbox does all of that.
   * @param {number} id @param {Contribution} body @param {string} [key]
   */
  contribute(id, body, key = newKey()) {
    return this.#http.call("POST", `/raids/${id}/contributions`, { body, headers: { "Idempotency-Key": key } });
  }

  /** @param {(Contribution & {raidId: number, key: string})[]} items  at most 500
   * @returns {Promise<{results: {status: number, contribution?: any, problem?: any}[]}>} */
  contributeAll(items) { return this.#send("POST", "/contributions", { items }); }

  /** @param {number} id @param {string} contributionId @returns {Promise<Snapshot>} */
  voidContribution(id, contributionId) {
    return this.#send("DELETE", `/raids/${id}/contributions/${part(contributionId)}`);
  }

  /** @param {number} id @param {Page} [query] */
  ledger(id, query) { return this.#get(`/raids/${id}/contributions`, query); }

  /** @param {number} id @param {{after?: string, limit?: number}} [query] */
  events(id, query) { return this.#get(`/raids/${id}/events`, query); }

  /** @param {number} id @param {{points?: number}} [query]  2 to 500 */
  progress(id, query) { return this.#get(`/raids/${id}/progress`, query); }

  /** @param {number} [days] */
  streak(days) { return this.#get("/me/streak", { days }); }

  /** @param {string} [from]  a day, such as 2026-11-20 @param {string} [to] */
  stats(from, to) { return this.#get("/me/stats", { from, to }); }

  /** @param {string} [occurredAt] */
  checkIn(occurredAt) { return this.#send("POST", "/me/checkin", occurredAt && { occurredAt }); }

  /** @param {string} [day] */
  freeze(day) { return this.#send("POST", "/me/streak/freeze", day && { day }); }

  /** @param {string} [day] */
  repair(day) { return this.#send("POST", "/me/streak/repair", day && { day }); }

  /** @param {string} from @param {string} to */
  pause(from, to) { return this.#send("POST", "/me/streak/pause", { from, to }); }

  unpause() { return this.#send("DELETE", "/me/streak/pause"); }

  achievements() { return this.#get("/me/achievements"); }

  /** @param {number} [limit] */
  nextAchievements(limit) { return this.#get("/me/achievements/next", { limit }); }

  /** @param {"daily" | "weekly" | "raids"} kind @param {string | number} name  2026-11-20, 2026-W47, or a raid's id
   * @param {{around?: "me"} & Page} [query] */
  leaderboard(kind, name, query) { return this.#get(`/leaderboards/${kind}/${part(name)}`, query); }

  /** @param {number} [raidId] @returns {Promise<{ticket: string, expiresAt: string}>} */
  streamTicket(raidId) { return this.#send("POST", "/stream-tickets", raidId === undefined ? {} : { raidId }); }

  /** @param {string} path @param {Query} [query] */
  #get(path, query) { return this.#http.call("GET", path, { query }); }

  /** @param {string} method @param {string} path @param {unknown} [body] */
  #send(method, path, body) { return this.#http.call(method, path, { body: body || undefined }); }
}

/** What came from elsewhere must not become another path. @param {string | number} text */
const part = (text) => encodeURIComponent(String(text));
