// Trying again, later each time, and at once when the network is back, until it works.

import { pauseBefore } from "../client/backoff.js";

const PAUSES = { shortest: 1_000, longest: 30_000 };

/** { later(work) -> the state to show meanwhile, now(work), over() }. Only the newest work is waited for. */
export function patience() {
  let attempt = 0;
  let timer = 0;
  let waiting = null;

  window.addEventListener("online", () => waiting !== null && now(waiting));

  function later(work) {
    clearTimeout(timer);
    const pause = pauseBefore(attempt, PAUSES);
    attempt += 1;
    timer = setTimeout(work, pause);
    waiting = work;
    if (!navigator.onLine) return { kind: "offline" };
    return { kind: "reconnecting", retryAt: Date.now() + pause, attempt };
  }

  function now(work) {
    clearTimeout(timer);
    waiting = null;
    work();
  }

  function over() {
    clearTimeout(timer);
    waiting = null;
    attempt = 0;
  }

  return { later, now, over };
}
