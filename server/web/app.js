// The page: find the raid that is under way, follow it, and when it is over go on to the next.

import { Raid } from "./raid.js";
import { follow } from "./stream.js";
import { note, notice, render, showConnection } from "./view.js";

const POLL_MS = 3_000;
const LOOK_AT_END_MS = 4_000;
const DEMO_TITLE = "Demo raid";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function api(path, options = {}) {
  const response = await fetch(path, { headers: { "Content-Type": "application/json" }, ...options });
  return { status: response.status, body: response.ok ? await response.json() : null };
}

function signIn() {
  const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return api("/api/v1/sessions/guest", { method: "POST", body: JSON.stringify({ name: "Guest", tz }) });
}

/** The running public raid to show, the demo's before others; null while there is none. */
async function findRaid() {
  let found = await api("/api/v1/raids?status=active&limit=50");
  if (found.status === 401) {
    const session = await signIn();
    if (session.body === null) {
      notice("Guests are not let in on this server.");
      return null;
    }
    found = await api("/api/v1/raids?status=active&limit=50");
  }
  if (found.body === null) throw new Error(`the server answered ${found.status}`);
  const open = found.body.raids.filter((raid) => raid.public);
  notice(open.length === 0 ? "No public raid is under way. This page waits for one." : "");
  return open.find((raid) => raid.title === DEMO_TITLE) ?? open[0] ?? null;
}

/** Show one raid until it is over or no longer ours to see. */
function watch(raidId) {
  return new Promise((resolve) => {
    let raid = null;
    const end = (afterMs) => {
      setTimeout(() => {
        stream.close();
        resolve();
      }, afterMs);
    };
    const stream = follow(raidId, {
      state: showConnection,
      refused: async () => {
        const seen = await api(`/api/v1/raids/${raidId}`).catch(() => null);
        if (seen !== null && [401, 403, 404].includes(seen.status)) end(0);
      },
      event: (name, data) => {
        if (name === "status") return showConnection(data.live ? "live" : "away");
        if (name === "snapshot") raid = new Raid(data);
        else if (raid === null || name === "hello" || name === "sync") return;
        else {
          const became = raid.apply(name, data);
          if (became === "gap") return stream.restart();
          if (became === "applied") note(name, data, raid);
        }
        render(raid);
        if (raid.over) end(LOOK_AT_END_MS);
      },
    });
  });
}

for (;;) {
  try {
    const raid = await findRaid();
    if (raid === null) await sleep(POLL_MS);
    else await watch(raid.id);
  } catch {
    showConnection("connecting");
    await sleep(POLL_MS + Math.random() * POLL_MS);
  }
}
