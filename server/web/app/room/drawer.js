// On a phone the form is put away until somebody wants more than the quick buttons.

import { h, setText } from "../dom.js";
import { texts } from "../texts.js";

const words = texts.room.contribute;

/** The button that opens and closes `element()`, which begins with `focus`; Escape closes it, too. */
export function drawerButton(element, focus) {
  const button = h("button", { type: "button", class: "room-more", "aria-expanded": "false" }, words.more);
  const isOpen = () => element().classList.contains("is-open");

  function open(isNow) {
    element().classList.toggle("is-open", isNow);
    button.setAttribute("aria-expanded", String(isNow));
    setText(button, isNow ? words.less : words.more);
    if (isNow) focus();
  }

  function escape(event) {
    if (event.key !== "Escape" || !isOpen()) return;
    open(false);
    button.focus();
  }

  button.addEventListener("click", () => open(!isOpen()));
  return { button, escape };
}
