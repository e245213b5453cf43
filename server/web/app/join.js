// The page behind an invite link.

import { h, setText } from "./dom.js";
import { field, refuseFields, whileBusy } from "./fields.js";
import { codeFrom, spelled } from "./invite_code.js";
import { joinByCode, raidOfCode } from "./joining.js";
import { friendlyName } from "./names.js";
import { errorsInWords, isSignedOut, refusalOf } from "./refusals.js";
import { texts } from "./texts.js";

const words = texts.join;

/** Null for a member, who goes on to the room. */
export async function joinPage(app, { code: given, session, askToSignIn }) {
  const code = codeFrom(given);
  app.connection.show({ kind: "idle" });
  const known = app.me === null ? null : await raidOfCode(app.raidline.rest, code);
  if (known !== null) return app.go(`/raids/${known}`, { replace: true });
  const name = nameField(app.me?.name ?? friendlyName());
  const element = h("section", { class: "door card" }, introduction(code), ...joining(app, name, join),
    h("p", { class: "small" }, h("a", { href: "/" }, texts.common.toLobby)));

  /** Null, or what stood in the way. */
  async function join() {
    if (!(await called(name.input.value.trim()))) return askToSignIn();
    return joinByCode(app, code);
  }

  /** In a session under that name; false when this server makes none for newcomers. */
  async function called(wanted) {
    if (app.me === null) return session.asGuest(wanted);
    if (wanted !== app.me.name) app.me = await app.raidline.rest.changeMe({ name: wanted });
    return true;
  }

  return { title: words.title, element, close() {} };
}

function introduction(code) {
  return [
    h("p", { class: "door-eyebrow small" }, words.invited),
    h("h1", {}, words.title),
    shownCode(code),
    h("p", { class: "soft" }, words.lead),
  ];
}

/** The form with the name, and the line that says what stood in the way. */
function joining(app, name, join) {
  const wrong = h("p", { class: "form-error", role: "alert", hidden: true });
  const button = h("button", { class: "main", type: "submit" }, words.submit);
  const form = h("form", { class: "stack", novalidate: true, on: { submit } },
    app.me === null ? name.element : otherName(name), h("p", { class: "form-actions" }, button));

  function submit(event) {
    event.preventDefault();
    wrong.hidden = true;
    return whileBusy(button, () => join().then(say, refused));
  }

  function say(text) {
    if (typeof text !== "string") return;
    setText(wrong, text);
    wrong.hidden = false;
  }

  function refused(error) {
    if (isSignedOut(error)) return app.signedOut();
    name.element.closest("details")?.setAttribute("open", "");
    const errors = errorsInWords(error.errors ?? [], words.refusedFields);
    const unplaced = refuseFields([name], errors);
    if (unplaced.length > 0 || errors.length === 0) say(refusalOf(error));
  }

  return [form, wrong];
}

/** In fours for the eyes, letter by letter for the ears. */
function shownCode(code) {
  const said = h("span", { class: "visually-hidden" }, words.codeIs(code));
  return h("p", { class: "invite-code figure" }, said, h("span", { "aria-hidden": "true" }, spelled(code)));
}

function nameField(name) {
  const input = h("input", { value: name, autocomplete: "nickname", maxlength: 64, dir: "auto" });
  return field({ name: "name", id: "join-name", label: words.name, hint: words.nameHint, input });
}

/** Whoever has a name already need not look at it. */
function otherName(name) {
  const who = h("bdi", {}, name.input.value);
  name.input.addEventListener("input", () => setText(who, name.input.value));
  const change = h("span", { class: "other-name-change" }, words.change);
  const summary = h("summary", {}, h("span", {}, words.as, " ", who), change);
  return h("details", { class: "other-name" }, summary, name.element);
}
