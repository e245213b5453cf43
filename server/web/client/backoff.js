// When to try again: later each time, up to a bound, and never all at once.

/**
 * The pause before the next attempt. Half of it is fixed, so that nobody hammers; half is chance, so that
 * thousands who were cut off together do not come back together.
 * @param {number} attempt  0 for the first
 * @param {{shortest: number, longest: number}} bounds  in ms: the first pause and the longest at most
 */
export function pauseBefore(attempt, { shortest, longest }) {
  const pause = Math.min(shortest * 2 ** attempt, longest);
  return pause / 2 + (Math.random() * pause) / 2;
}
