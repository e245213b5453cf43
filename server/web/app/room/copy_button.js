// A button that copies, or where there is no clipboard marks what is to be copied by hand.

import { h, setText } from "../dom.js";
import { texts } from "../texts.js";

const COPIED_MS = 2_000;
const words = texts.room.invite;

/** `selected` is marked where the page may not write to the clipboard. */
export function copyButton(label, textOf, selected) {
  const button = h("button", { type: "button", "aria-live": "polite" }, label);
  let timer = 0;
  button.addEventListener("click", async () => {
    const isCopied = await copy(textOf());
    if (!isCopied) select(selected);
    setText(button, isCopied ? words.copied : words.byHand);
    clearTimeout(timer);
    timer = setTimeout(() => setText(button, label), COPIED_MS);
  });
  return button;
}

/** Without a secure context (a phone in the same Wi-Fi) there is no clipboard. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function select(element) {
  if (element instanceof HTMLInputElement) return element.focus();
  getSelection().selectAllChildren(element);
}
