// Whose turn it is in the outbox: the oldest first, as many at once as are taken, and nobody holds up the others.

/** @import { OutboxItem } from "./types.js" */

/** @typedef {{name: string, item: OutboxItem}} Entry */

/** As many as the server takes at once. */
export const BATCH_MAX = 500;

/** So many failures in a row are borne with the others waiting behind. */
export const TRIES = 3;

export class Turns {
  #batch = BATCH_MAX;
  /** What failed alone again and again: it goes when nothing else waits, one at a time, the longest aside first.
   * @type {Set<string>} */
  #aside = new Set();
  /** The first of those that failed last, and how many times in a row. */
  #failing = { name: "", times: 0 };

  /** Of all that wait, those to send now. @param {Entry[]} entries @returns {Entry[]} */
  next(entries) {
    const waiting = new Map(entries.map((entry) => [entry.name, entry]));
    for (const name of this.#aside) if (!waiting.has(name)) this.#aside.delete(name);
    const ordinary = entries.filter(({ name }) => !this.#aside.has(name));
    if (ordinary.length > 0) return ordinary.slice(0, this.#batch);
    return [...this.#aside].slice(0, 1).flatMap((name) => waiting.get(name) ?? []);
  }

  worked() {
    this.#failing = { name: "", times: 0 };
    this.#batch = Math.min(this.#batch * 2, BATCH_MAX);
  }

  /** These were too many at once, or one of them spoils the whole: fewer, down to one, which answers for itself.
   * @param {Entry[]} sent */
  fewer(sent) {
    this.#batch = Math.ceil(sent.length / 2);
  }

  /** The server failed with these, and it may be their fault. @param {Entry[]} sent */
  failed(sent) {
    const [{ name }] = sent;
    this.#failing = { name, times: name === this.#failing.name ? this.#failing.times + 1 : 1 };
    if (!this.#aside.has(name) && this.#failing.times < TRIES) return;
    this.#failing.times = 0;
    if (sent.length > 1) return this.fewer(sent);
    this.#aside.delete(name);
    this.#aside.add(name);
  }
}
