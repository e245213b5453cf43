// Which raids the lobby shows, and how they stand: found by lists, read by one hydrate.

import { Raid } from "../client/index.js";

export const FOLLOWED_MAX = 50; // what one stream carries
const WATCHED_MAX = 12; // public raids of others: enough to choose from
const ENDED_MAX = 6;
const OVER = new Set(["completed", "failed", "cancelled"]);

/** { mine, ended, watched, more }: ids, newest first but for what is under way before what is not; `more` were left
 * out. */
export async function findRaids(rest) {
  const [active, recruiting, newest, open] = await Promise.all([
    rest.myRaids({ status: "active", limit: FOLLOWED_MAX }),
    rest.myRaids({ status: "recruiting", limit: FOLLOWED_MAX }),
    rest.myRaids({ limit: FOLLOWED_MAX }),
    rest.raids({ status: "active", limit: FOLLOWED_MAX }),
  ]);
  const live = [...active.raids, ...recruiting.raids];
  const own = new Set(live.map((raid) => raid.id));
  const mine = live.slice(0, FOLLOWED_MAX);
  const others = open.raids.filter((raid) => raid.public && !own.has(raid.id));
  return {
    mine: mine.map((raid) => raid.id),
    ended: lately(newest.raids.filter((raid) => OVER.has(raid.status))),
    watched: others.slice(0, Math.min(WATCHED_MAX, FOLLOWED_MAX - mine.length)).map((raid) => raid.id),
    more: live.length > mine.length || active.nextCursor != null || recruiting.nextCursor != null,
  };
}

/** Raids by id; those that are gone in between are left out. */
export async function readRaids(rest, ids) {
  if (ids.length === 0) return new Map();
  const { raids } = await rest.hydrate(ids);
  const found = Object.values(raids).filter((snapshot) => snapshot !== null);
  return new Map(found.map((snapshot) => [snapshot.id, new Raid(snapshot)]));
}

function lately(raids) {
  return raids
    .sort((a, b) => Date.parse(b.endedAt) - Date.parse(a.endedAt))
    .slice(0, ENDED_MAX)
    .map((raid) => raid.id);
}
