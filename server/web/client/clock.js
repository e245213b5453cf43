// The server's clock, guessed from what it says: countdowns must not depend on how a phone's clock is set.

/** After so long a guess is as good as none: a device's clock drifts, and is set. */
const GUESS_LASTS_MS = 5 * 60_000;

/** Two guesses so far apart are not a matter of delays: one of the clocks was set. */
const CLOCK_WAS_SET_MS = 10_000;

/** A `Date` header has whole seconds; on average half of one has passed since. */
const HALF_A_SECOND_MS = 500;

export class Clock {
  /** Server's time less ours. @type {number | null} */
  #offset = null;
  #guessedAt = 0;
  #isExact = false;

  /** The server's time in ms; ours until it has said anything. */
  now() {
    return Date.now() + (this.#offset ?? 0);
  }

  /**
   * A time that the server wrote down just before it came here. It is never ahead, so the largest offset seen
   * is the one with the least delay in it.
   * @param {unknown} at
   */
  heard(at) {
    const told = typeof at === "string" ? Date.parse(at) : NaN;
    if (Number.isNaN(told)) return;
    const offset = told - Date.now();
    const replaces = !this.#isExact || this.#isOld() || offset > this.#held || this.#held - offset > CLOCK_WAS_SET_MS;
    if (replaces) this.#guess(offset, true);
  }

  /**
   * A `Date` header, good to a second: taken only while nothing better is there.
   * @param {string | null} date
   */
  heardDate(date) {
    const told = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(told) || (this.#isExact && !this.#isOld())) return;
    this.#guess(told + HALF_A_SECOND_MS - Date.now(), false);
  }

  get #held() {
    return this.#offset ?? 0;
  }

  #isOld() {
    return Math.abs(Date.now() - this.#guessedAt) > GUESS_LASTS_MS;
  }

  /** @param {number} offset @param {boolean} isExact */
  #guess(offset, isExact) {
    this.#offset = offset;
    this.#isExact = isExact;
    this.#guessedAt = Date.now();
  }
}
