// Dialogs that ask, and what comes of pressing something that asks the server.

import { h } from "../dom.js";
import { toast } from "../juice/index.js";
import { refusalOf } from "../refusals.js";
import { texts } from "../texts.js";

/**
 * Shows a dialog until it is closed; the promise is what it was closed with, null when it was put away.
 * `content(close)` makes what is within.
 */
export function ask(title, content) {
  return new Promise((resolve) => {
    let answer = null;
    const heading = h("h2", { id: "dialog-title" }, h("bdi", {}, title));
    const dialog = h("dialog", { class: "room-dialog", "aria-labelledby": "dialog-title" });
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && close(null)); // beside it: put away
    dialog.append(h("div", { class: "room-dialog-body stack" }, heading, content(close)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** True when they said yes. */
export async function confirmed({ title, text, yes, no = texts.common.cancel, danger = false }) {
  const answer = await ask(title, (close) => [
    [text].flat().map((paragraph) => h("p", { class: "soft" }, paragraph)),
    h("div", { class: "room-dialog-buttons" },
      h("button", { type: "button", on: { click: () => close(null) } }, no),
      h("button", { type: "button", class: danger ? "danger" : "main", on: { click: () => close(true) } }, yes)),
  ]);
  return answer === true;
}

/** Close every dialog of the room: it goes away with its page. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog.room-dialog")) dialog.close();
}

/** Carry out what a button is for, once at a time. Returns its result, or null when there is none: it says why. */
export async function attempt(button, action) {
  if (button?.getAttribute("aria-disabled") === "true") return null;
  button?.setAttribute("aria-disabled", "true"); // not `disabled`: that would throw the focus away
  try {
    return (await action()) ?? true;
  } catch (error) {
    toast({ title: texts.room.manage.refused, text: refusalOf(error, texts.room.refused), kind: "bad" });
    return null;
  } finally {
    button?.removeAttribute("aria-disabled");
  }
}
