// One polite live region for all pages. Texts are merged, and spoken not more often than every few seconds.

const PAUSE_MS = 3_000;
const KEPT = 5; // of what waits to be spoken, the newest: who listens cannot follow more

/** { announce(text) } into that region. */
export function announcer(element) {
  let waiting = [];
  let timer = 0;
  let last = -Infinity;

  function speak() {
    timer = 0;
    last = performance.now();
    element.textContent = waiting.join(" ");
    waiting = [];
  }

  function announce(text) {
    if (text === "") return;
    waiting = [...waiting.filter((other) => other !== text), text].slice(-KEPT);
    // Emptied first: the same text set twice would not be spoken the second time.
    if (timer === 0) element.textContent = "";
    timer ||= setTimeout(speak, Math.max(50, last + PAUSE_MS - performance.now()));
  }

  return { announce };
}
