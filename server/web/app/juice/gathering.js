// Contributions are gathered by place: a crowd's thousand a second become a few bursts with the sums of what came.

/** A place that burst waits so long for its next: shorter, and nobody could read the sum that rises. */
export const REST_MS = 220;

/** More places than this waiting at once: whoever comes further is left out, the totals show them anyway. */
export const PLACES = 32;

/**
 * Holds what waits to burst, by place, one's own apart from the others'. `add` sums up; `due(now)` takes out what may
 * burst now; what burst at a place lately stays and goes on summing until it has rested.
 * Pure: the clock is the caller's.
 */
export class Gathering {
  #own = new Places();
  #others = new Places();

  get isEmpty() {
    return this.#own.isEmpty && this.#others.isEmpty;
  }

  /** `orElse`: the place for it where this one is not in view. */
  add(place, { xp = 0, tasks = 0, text = null, own = false, orElse = null }) {
    (own ? this.#own : this.#others).add({ place, xp, tasks, text, own, orElse });
  }

  due(now) {
    return [...this.#own.due(now), ...this.#others.due(now)];
  }

  clear() {
    this.#own = new Places();
    this.#others = new Places();
  }
}

class Places {
  #waiting = new Map();
  #rested = new Map();

  get isEmpty() {
    return this.#waiting.size === 0;
  }

  add(one) {
    const alike = this.#waiting.get(one.place);
    if (alike) sumUp(alike, one);
    else if (this.#waiting.size < PLACES) this.#waiting.set(one.place, one);
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
}

function sumUp(one, { xp, tasks, text }) {
  one.xp += xp;
  one.tasks += tasks;
  one.text = text ?? one.text;
}
