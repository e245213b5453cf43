// Getting into a raid by its code, and what stood in the way.

import { isSignedOut, refusalOf } from "./refusals.js";
import { texts } from "./texts.js";

/** Goes to the room and gives null, or gives a sentence for whoever could not get in. */
export async function joinByCode(app, code) {
  try {
    const raid = await app.raidline.rest.join(code);
    await app.go(`/raids/${raid.id}`, { replace: location.pathname.startsWith("/r/") });
    return null;
  } catch (error) {
    if (isSignedOut(error)) return app.signedOut();
    return refusalOf(error, texts.join.refused);
  }
}

/** The id of the raid of one's own that has this code, or null. */
export async function raidOfCode(rest, code) {
  const pages = await Promise.all(["active", "recruiting"].map((status) => rest.myRaids({ status, limit: 100 })));
  const ids = pages.flatMap((page) => page.raids.map((raid) => raid.id));
  if (ids.length === 0) return null;
  const { raids } = await rest.hydrate(ids);
  return Object.values(raids).find((raid) => raid?.inviteCode === code)?.id ?? null;
}
