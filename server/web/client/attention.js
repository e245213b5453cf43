// What the browser says about the network and about whether anybody looks. Where there is no page, it says nothing.

/** @typedef {"online" | "offline" | "visible" | "hidden_away" | "back"} Notice */

/**
 * `hidden_away`: the page may be frozen from now on. `back`: it was, and its connections are gone.
 * @param {(notice: Notice) => void} listener
 * @returns {() => void}  ends it
 */
export function attend(listener) {
  const ending = new AbortController();
  const on = /** @param {EventTarget | undefined} target @param {string} event @param {(event: any) => void} react */
    (target, event, react) => target?.addEventListener?.(event, react, { signal: ending.signal });
  on(globalThis.window, "online", () => listener("online"));
  on(globalThis.window, "offline", () => listener("offline"));
  on(globalThis.window, "pagehide", () => listener("hidden_away"));
  on(globalThis.window, "pageshow", (event) => listener(event.persisted ? "back" : "visible"));
  on(globalThis.document, "visibilitychange", () => {
    if (document.visibilityState === "visible") listener("visible");
  });
  return () => ending.abort();
}

/** Whether the browser is sure that there is no network. It may be wrong about it (a server on this machine). */
export function isOffline() {
  return globalThis.navigator?.onLine === false;
}
