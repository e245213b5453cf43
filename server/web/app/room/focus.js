// Where the focus goes when what had it went away with an event: else the keyboard would begin at the top again.

/** `keep()` after each drawing of `element`: on to the heading of the same part, or to `title` where that went too. */
export function focusKeeper(element, title) {
  let last = null;
  let part = null;
  let byKeyboard = false;
  element.addEventListener("focusin", ({ target }) => {
    last = target;
    part = target.closest("section"); // found now: what is removed has no part any longer
    byKeyboard = isByKeyboard(target);
  });

  function keep() {
    const now = document.activeElement;
    if (last === null || isShown(last) || (now !== last && now !== document.body)) return;
    last = null;
    focus(part !== null && isShown(part) ? part.querySelector("h2") : title, byKeyboard);
  }

  return { keep };
}

/** Puts an element elsewhere; what within it has the focus keeps it, which moving alone would take away. */
export function moved(element, put) {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const follow = focused !== null && isByKeyboard(focused);
  put();
  focused?.focus({ preventScroll: true });
  // When all else is in its place.
  if (follow) requestAnimationFrame(() => focused.scrollIntoView({ block: "nearest" }));
}

/** Cheaper than asking for the layout, many times a second: here all that is away is removed or has `hidden`. */
function isShown(element) {
  return element.isConnected && element.closest("[hidden]") === null;
}

/** Who points at things knows where they are; a page that jumps would only disturb them. */
function isByKeyboard(element) {
  return element.matches(":focus-visible");
}

function focus(heading, follow) {
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: !follow });
}
