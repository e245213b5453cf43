// Which achievements are shown where: what is next, what is unlocked, what is ahead. Tiers of one group stay together.

/**
 * `next` is what the server says is nearest, in its order; `all` are all in the order of the definitions.
 * Gives { next, sets: what is unlocked as groups, newest first, ahead: the rest without a measure, secrets, count }.
 */
export function sorted(all, next) {
  const unlocked = all.filter((one) => one.unlockedAt !== null);
  const measured = new Set(next.map(({ id }) => id));
  const ahead = all.filter((one) => one.unlockedAt === null && !measured.has(one.id));
  return {
    next: next.filter((one) => !isSecret(one)),
    sets: setsOf(unlocked),
    ahead: ahead.filter((one) => !isSecret(one)),
    secrets: all.filter((one) => one.unlockedAt === null && isSecret(one)),
    unlocked: unlocked.length,
    count: all.length,
  };
}

/** Secret as far as the server is concerned: it keeps the name to itself. */
export function isSecret(one) {
  return one.secret && one.name === null;
}

/** `[{group, tiers: [...]}]`: the set with the newest unlock first, its tiers from the lowest to the highest. */
export function setsOf(unlocked) {
  const sets = new Map();
  for (const one of unlocked) {
    const name = one.group ? `group ${one.group}` : `one ${one.id}`;
    sets.set(name, [...(sets.get(name) ?? []), one]);
  }
  return [...sets.values()].map(byThreshold).map((tiers) => ({ tiers, newest: newestOf(tiers) })).sort(byNewest);
}

function byThreshold(tiers) {
  return tiers.sort((one, other) => (one.threshold ?? 0) - (other.threshold ?? 0) || one.position - other.position);
}

function newestOf(tiers) {
  return tiers.reduce((newest, { unlockedAt }) => (unlockedAt > newest ? unlockedAt : newest), "");
}

function byNewest(one, other) {
  return one.newest < other.newest ? 1 : one.newest > other.newest ? -1 : 0;
}
