// Into a raid from the lobby: by its code, or by the whole link that somebody sent.

import { h } from "./dom.js";
import { field, whileBusy } from "./fields.js";
import { codeFrom } from "./invite_code.js";
import { joinByCode } from "./joining.js";
import { texts } from "./texts.js";

const words = texts.lobby;

export function joinForm(app) {
  const typing = { autocomplete: "off", autocapitalize: "characters", spellcheck: "false" };
  const input = h("input", { ...typing, enterkeyhint: "go" });
  const code = field({ name: "inviteCode", id: "invite-code", label: words.joinLabel, input });
  const button = h("button", { type: "submit" }, words.joinSubmit);

  function refuse(text) {
    code.refuse(text);
    input.focus();
  }

  async function join() {
    const refusal = await joinByCode(app, codeFrom(input.value));
    if (refusal !== null) refuse(refusal);
  }

  function submit(event) {
    event.preventDefault();
    if (codeFrom(input.value) === "") return refuse(words.joinEmpty);
    return whileBusy(button, join);
  }

  return h(
    "form",
    { class: "join-form card", novalidate: true, "aria-labelledby": "join-heading", on: { submit } },
    h("h2", { id: "join-heading" }, words.join),
    h("div", { class: "join-line" }, code.element, button),
  );
}
