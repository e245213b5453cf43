// What a connection shows of how it is: since when it is open, when it was last heard of, what is stale on it.

/** @import { ConnectionState } from "./types.js" */

/** The server says something every 15 s. Two heartbeats may be late; three are not. */
const SILENCE_MS = 45_000;

/** A page that slept does not wait for the third: after one heartbeat and some more, it begins again. */
const SILENCE_ON_WAKING_MS = 20_000;

/** While its Redis is away a server announces no heads, and an EventSource does not show comments. */
const SILENCE_WHILE_STALE_MS = 180_000;

/** So long a connection may take to say hello. */
const OPENING_MS = 20_000;

/** A connection that lived so long was a good one: the next pause is the shortest again. */
const STABLE_MS = 5_000;

export class Pulse {
  #heardAt = 0;
  /** When this connection said hello; null before. @type {number | null} */
  #greetedAt = null;
  /** What the server hears nothing new about, and why. @type {Map<number | "own", string>} */
  #stale = new Map();

  heard() {
    this.#heardAt = Date.now();
  }

  greeted() {
    this.#greetedAt ??= Date.now();
  }

  /** @param {number | "own"} topic @param {string | null} staleBecause  null: it is live */
  told(topic, staleBecause) {
    if (staleBecause === null) this.#stale.delete(topic);
    else this.#stale.set(topic, staleBecause);
  }

  /** The connection is no more. */
  stop() {
    this.#greetedAt = null;
    this.#stale.clear();
  }

  get isOpen() {
    return this.#greetedAt !== null;
  }

  get wasGood() {
    return this.#greetedAt !== null && Date.now() - this.#greetedAt >= STABLE_MS;
  }

  /** More than a heartbeat is missing. */
  get isFaint() {
    return this.#silence > SILENCE_ON_WAKING_MS;
  }

  /** Nothing is to come of it any more. */
  get isGone() {
    return this.#silence > this.#longestSilence;
  }

  /**
   * Of an open one. What is no longer followed says nothing about the rest.
   * @param {{has(raidId: number): boolean}} wanted
   * @returns {ConnectionState}
   */
  stateOf(wanted) {
    for (const topic of this.#stale.keys()) if (topic !== "own" && !wanted.has(topic)) this.#stale.delete(topic);
    const [reason] = this.#stale.values();
    return reason === undefined ? { kind: "live" } : { kind: "stale", reason };
  }

  get #silence() {
    this.#heardAt = Math.min(this.#heardAt, Date.now()); // the clock may have been set back
    return Date.now() - this.#heardAt;
  }

  get #longestSilence() {
    if (this.#greetedAt === null) return OPENING_MS;
    return this.#stale.size > 0 ? SILENCE_WHILE_STALE_MS : SILENCE_MS;
  }
}
