// The question before somebody deletes themself. Only who types the word means it.

import { h } from "../dom.js";
import { texts } from "../texts.js";
import { attempt, errorLine, tell } from "./parts.js";

const said = texts.profile.account.leaving;

/** { element, open() }; `left()` is called when they are gone. */
export function leavingDialog(rest, left) {
  const word = h("input", { name: "word", autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const line = errorLine();
  const button = h("button", { type: "submit", class: "danger", disabled: true }, said.action);
  const keep = h("button", { type: "button", on: { click: () => element.close() } }, said.keep);
  const form = h("form", { class: "stack", on: { submit } },
    h("h2", { id: "leaving-heading" }, said.heading),
    h("ul", { class: "stack leaving-list" }, said.what.map((one) => h("li", {}, one))),
    h("label", {}, said.type, word), line, h("div", { class: "row" }, button, keep));
  const element = h("dialog", { class: "leaving", "aria-labelledby": "leaving-heading" }, form);

  const isMeant = () => word.value.trim().toLowerCase() === said.word;
  word.addEventListener("input", () => (button.disabled = !isMeant()));

  async function submit(event) {
    event.preventDefault();
    if (!isMeant() || !(await attempt(button, line, () => rest.deleteMe()))) return;
    element.close();
    left();
  }

  function open() {
    word.value = "";
    button.disabled = true;
    tell(line, "");
    element.showModal();
    word.focus();
  }

  return { element, open };
}
