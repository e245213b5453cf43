// Trying again, later each time, until it works.

import { pauseBefore } from "../client/backoff.js";

const PAUSES = { shortest: 1_000, longest: 30_000 };

/** { later(work) -> the state to show meanwhile, now(work), over() }. Only the newest work is waited for. */
export function patience() {
  let attempt = 0;
  let timer = 0;

  function later(work) {
    clearTimeout(timer);
    const pause = pauseBefore(attempt, PAUSES);
    attempt += 1;
    timer = setTimeout(work, pause);
    return { kind: "reconnecting", retryAt: Date.now() + pause, attempt };
  }

  function now(work) {
    clearTimeout(timer);
    work();
  }

  function over() {
    clearTimeout(timer);
    attempt = 0;
  }

  return { later, now, over };
}
