// Where the focus goes when what had it went away with an event: else the keyboard would begin at the top again.

/** `keep()` after each drawing of `element`: on to the heading of the same part, or to `title` where that went as well. */
export function focusKeeper(element, title) {
  let last = null;
  let part = null;
  element.addEventListener("focusin", ({ target }) => {
    last = target;
    part = target.closest("section"); // found now: what is removed has no part any longer
  });

  function keep() {
    const now = document.activeElement;
    if (last === null || isShown(last) || (now !== last && now !== document.body)) return;
    last = null;
    focus(part !== null && isShown(part) ? part.querySelector("h2") : title);
  }

  return { keep };
}

/** Puts an element elsewhere; what within it has the focus keeps it, which moving alone would take away. */
export function moved(element, put) {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  put();
  focused?.focus({ preventScroll: true });
}

/** Cheaper than asking for the layout, many times a second: here all that is away is removed or has `hidden`. */
function isShown(element) {
  return element.isConnected && element.closest("[hidden]") === null;
}

function focus(heading) {
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
