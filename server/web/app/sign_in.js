// The door, where nobody is let in as a guest, or where somebody's session has ended.

import { h, setText } from "./dom.js";
import { field, whileBusy } from "./fields.js";
import { isSignedOut, refusalOf } from "./refusals.js";
import { motif } from "./header.js";
import { texts } from "./texts.js";

const words = texts.signIn;

/** For a newcomer, or for who was in until now, of whom `kept` contributions wait on this device. */
export function signInPage({ session, wasIn, kept, done }) {
  const { title, lead } = wasIn ? words.ended : words.new;
  const wrong = h("p", { class: "form-error", role: "alert", hidden: true });
  const token = tokenField();
  const submit = h("button", { class: wasIn ? null : "main", type: "submit" }, words.submit);
  const form = tokenForm(token, submit, async () => {
    await session.withToken(token.input.value.trim());
    await done();
  });
  const element = h(
    "section",
    { class: "door card" },
    motif(),
    h("h1", {}, title),
    h("p", { class: "soft" }, lead),
    kept > 0 && h("p", { class: "door-kept" }, words.kept(kept)),
    wasIn && guestButton(session, wrong, done),
    wrong,
    wasIn && h("p", { class: "door-or soft small" }, words.or),
    form,
  );
  return { title, element, focus: wasIn ? null : token.input, close() {} };
}

function tokenField() {
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: "false", autocapitalize: "none" });
  const hint = [words.tokenHint, " ", h("code", {}, words.command), ". ", words.tokenKept];
  return field({ name: "token", id: "token", label: words.token, hint, input });
}

function tokenForm(token, button, signIn) {
  async function submit(event) {
    event.preventDefault();
    if (token.input.value.trim() === "") return refused(words.empty);
    await whileBusy(button, () => signIn().catch((error) => refused(wordsOf(error))));
  }
  function refused(text) {
    token.refuse(text);
    token.input.focus();
  }
  return h("form", { class: "stack", novalidate: true, on: { submit } }, token.element, button);
}

function wordsOf(error) {
  return isSignedOut(error) ? words.refused : refusalOf(error);
}

function guestButton(session, wrong, done) {
  const button = h("button", { class: "main", type: "button" }, words.asGuest);
  function say(text) {
    setText(wrong, text);
    wrong.hidden = false;
  }
  async function goOn() {
    // Another tab may have let somebody in meanwhile: a guest of this tab's own would take the cookie from it.
    if ((await session.restore()) || (await session.asGuest())) return done();
    button.hidden = true;
    say(words.noGuests);
  }
  button.addEventListener("click", () => whileBusy(button, () => goOn().catch((error) => say(refusalOf(error)))));
  return button;
}
