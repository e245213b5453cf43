// How long a toast stays: long enough to read, and only while it can be read.

const LEAST_MS = 6_000;
const MOST_MS = 14_000;
const READING_MS = 70; // per character: slow readers, and those who look up only then

/** So long a text of this length stays. */
export function dwellMs(text) {
  return Math.min(Math.max(LEAST_MS, 2_000 + text.length * READING_MS), MOST_MS);
}

/** A timer that can be held: what was left runs on when nothing holds it any more. */
export class Dwelling {
  #left;
  #since = 0;
  #timer = 0;
  #holds = new Set();
  #over;

  constructor(milliseconds, over) {
    this.#left = milliseconds;
    this.#over = over;
    this.#run();
  }

  /** Held for this reason (a pointer, the focus, a hidden page), or no more. */
  hold(reason, on) {
    if (on) this.#holds.add(reason);
    else this.#holds.delete(reason);
    if (this.#holds.size === 0) this.#run();
    else this.#pause();
  }

  end() {
    clearTimeout(this.#timer);
    this.#left = 0;
    this.#timer = 0;
    this.#over = () => {};
  }

  #run() {
    if (this.#timer) return;
    this.#since = performance.now();
    this.#timer = setTimeout(() => this.#over(), this.#left);
  }

  #pause() {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#left = Math.max(0, this.#left - (performance.now() - this.#since));
  }
}
