// Contributions are gathered by place: a crowd's thousand a second become a few bursts with the sums of what came.

/** A place that burst waits so long for its next: shorter, and nobody could read the sum that rises. */
export const REST_MS = 220;

/** More places than this waiting at once: whoever comes further is left out, the totals show them anyway. */
export const PLACES = 32;

/**
 * Holds what waits to burst, by place. `add` sums up; `due(now)` takes out what may burst now; a place that burst
 * lately stays and goes on summing until it has rested. Pure: the clock is the caller's.
 */
export class Gathering {
  #waiting = new Map();
  #rested = new Map();

  get isEmpty() {
    return this.#waiting.size === 0;
  }

  /** `orElse`: the place for it where this one is not in view. */
  add(place, { xp = 0, tasks = 0, text = null, own = false, orElse = null }) {
    const one = this.#waiting.get(place);
    if (one) return sumUp(one, { xp, tasks, text, own });
    if (this.#waiting.size < PLACES) this.#waiting.set(place, { place, xp, tasks, text, own, orElse });
  }

  due(now) {
    for (const [place, from] of this.#rested) if (from <= now) this.#rested.delete(place);
    const due = [...this.#waiting.values()].filter(({ place }) => !this.#rested.has(place));
    for (const { place } of due) {
      this.#waiting.delete(place);
      this.#rested.set(place, now + REST_MS);
    }
    return due;
  }

  clear() {
    this.#waiting.clear();
    this.#rested.clear();
  }
}

function sumUp(one, { xp, tasks, text, own }) {
  one.xp += xp;
  one.tasks += tasks;
  one.text = text ?? one.text;
  one.own ||= own;
}
