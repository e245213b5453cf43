// What the browser says about the network and about whether anybody looks. Where there is no page, it says nothing.

/** So long nobody looks at a page before that is said. */
export const UNSEEN_MS = 60_000;

/** @typedef {"online" | "offline" | "visible" | "unseen" | "hidden_away" | "back"} Notice */

/**
 * `unseen`: the page has been hidden for a minute. `hidden_away`: it may be frozen from now on. `back`: it was, and its
 * connections are gone.
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
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let unseen;
  const look = () => {
    clearTimeout(unseen);
    if (isHidden()) unseen = setTimeout(() => listener("unseen"), UNSEEN_MS);
  };
  on(globalThis.document, "visibilitychange", () => {
    look();
    if (!isHidden()) listener("visible");
  });
  look(); // a page may be opened behind the one that is looked at
  return () => {
    clearTimeout(unseen);
    ending.abort();
  };
}

function isHidden() {
  return globalThis.document?.visibilityState === "hidden";
}

/** Whether the browser is sure that there is no network. It may be wrong about it (a server on this machine). */
export function isOffline() {
  return globalThis.navigator?.onLine === false;
}
