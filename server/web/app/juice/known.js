// What was told already: an unlock comes by the raid's stream and by one's own log, a streak by several answers.

/** So many unlocks are remembered; what is older than that does not come again. */
const REMEMBERED = 500;

/** @typedef {{userId: number, achievement: {id: number}, unlockedAt: string}} Unlock */
export class Known {
  #unlocks = new Set();
  #streak = null;

  has(unlock) {
    return this.#unlocks.has(keyOf(unlock));
  }

  /** The streak as it was last heard of, or null. */
  get streak() {
    return this.#streak;
  }

  /** Take note of what a piece of news says. */
  note({ event, data }) {
    if (event === "achievement_unlocked") this.#remember(keyOf(data));
    if (event === "streak") this.#streak = data;
    if (event === "snapshot" && data.streak) this.#streak = data.streak;
  }

  #remember(key) {
    this.#unlocks.add(key);
    if (this.#unlocks.size > REMEMBERED) this.#unlocks.delete(this.#unlocks.values().next().value);
  }
}

/** Taken away and unlocked again is another one; and so is what is told with its name after it was told without. */
function keyOf({ userId, achievement, unlockedAt }) {
  return `${userId}:${achievement.id}:${unlockedAt}:${achievement.name !== null}`;
}
