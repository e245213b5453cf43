// What became of one's own contributions: waiting, sent, or refused and why. The last few, newest first.

export const KEPT = 6;

export class SentItems {
  #items = [];
  /** What of those may be forgotten first is what went well longest ago. */
  get shown() {
    return this.#items;
  }

  /** From the outbox: what waits, and was perhaps added before this page was opened. */
  waiting(items) {
    for (const item of items.slice(-KEPT)) this.#put({ key: item.key, xp: item.xp, state: "waiting", why: "" });
  }

  /** All that waits: what else waited here was sent by another tab, which told its answer there. */
  stillWaiting(items) {
    const keys = new Set(items.map(({ key }) => key));
    this.#items = this.#items.filter(({ key, state }) => state !== "waiting" || keys.has(key));
  }

  sent(item) {
    this.#become(item, "sent", "");
  }

  refused(item, why) {
    this.#become(item, "refused", why);
  }

  #become({ key, xp }, state, why) {
    this.#put({ key, xp });
    Object.assign(this.#items.find((item) => item.key === key) ?? {}, { state, why });
  }

  #put(item) {
    if (this.#items.some(({ key }) => key === item.key)) return;
    this.#items.unshift(item);
    while (this.#items.length > KEPT) this.#items.splice(this.#leastTelling(), 1);
  }

  /** The oldest that was sent; what was refused stays as long as it can. */
  #leastTelling() {
    const sent = this.#items.findLastIndex((item) => item.state === "sent");
    return sent > 0 ? sent : this.#items.length - 1;
  }
}
