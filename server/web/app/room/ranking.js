// Who did most, without sorting ten thousand for the sake of fifty.

export const SHOWN = 50;

/** More XP first, then more tasks, then whoever is here longer. */
export function compare(one, other) {
  return other.xpContributed - one.xpContributed
    || other.tasksContributed - one.tasksContributed
    || one.userId - other.userId;
}

/** The first `count` of these members by `compare`. */
export function top(members, count) {
  const best = [];
  for (const member of members) {
    if (best.length === count && compare(member, best.at(-1)) > 0) continue;
    best.splice(placeOf(member, best), 0, member);
    if (best.length > count) best.pop();
  }
  return best;
}

/** The first by contribution, and oneself at the end when one is not among them. */
export function membersToShow(raid, me) {
  const shown = top(raid.members.values(), SHOWN);
  const own = raid.members.get(me);
  if (own !== undefined && !shown.includes(own)) shown.push(own);
  return shown;
}

function placeOf(member, sorted) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(member, sorted[middle]) < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
