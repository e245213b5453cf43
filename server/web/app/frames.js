// Work that waits for the next frame, so that a thousand events a second are drawn sixty times at most.

const HIDDEN_MS = 1_000;

/**
 * A function that has `draw` run once at the next frame, however often it is called until then. On a hidden page
 * there are no frames: it is drawn once a second then. `cancel()` on it gives up what waits.
 */
export function perFrame(draw) {
  let cancel = null;
  const run = () => {
    cancel = null;
    draw();
  };
  const schedule = () => {
    if (cancel === null) cancel = soon(run);
  };
  schedule.cancel = () => {
    cancel?.();
    cancel = null;
  };
  return schedule;
}

/** The same, but not more often than every so many milliseconds: for what is dear to draw. */
export function atMostEvery(milliseconds, draw) {
  let last = -Infinity;
  let timer = 0;
  const frame = perFrame(() => {
    last = performance.now();
    draw();
  });
  const schedule = () => {
    const wait = last + milliseconds - performance.now();
    if (wait <= 0) return frame();
    timer ||= setTimeout(() => {
      timer = 0;
      frame();
    }, wait);
  };
  schedule.cancel = () => {
    clearTimeout(timer);
    timer = 0;
    frame.cancel();
  };
  return schedule;
}

function soon(run) {
  if (document.hidden) {
    const timer = setTimeout(run, HIDDEN_MS);
    return () => clearTimeout(timer);
  }
  const frame = requestAnimationFrame(run);
  return () => cancelAnimationFrame(frame);
}
