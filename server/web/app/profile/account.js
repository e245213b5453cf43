// What somebody is called and where their days end; their data; the ways out.

import { h, setText } from "../dom.js";
import { rememberedToken } from "../session.js";
import { texts } from "../texts.js";
import { exportFile, EXPORT_PATH } from "./export_file.js";
import { leavingDialog } from "./leaving.js";
import { attempt, errorLine } from "./parts.js";

const said = texts.profile.account;
const NAME_MAX = 64;
const ZONE_MAX = 64;

/** { element, show(own) }; `changed(me)` is called with another name or zone, `signedOut()` and `deleted(text)` when
 * there is no session left. */
export function accountCard(raidline, { changed, signedOut, deleted }) {
  const details = detailsForm(raidline.rest, changed);
  const element = h("section", { class: "card account-card", id: "account", "aria-labelledby": "account-heading" },
    h("h2", { id: "account-heading" }, said.heading),
    details.element, exportPart(), signOutPart(raidline.sessions, signedOut), deletePart(raidline.rest, deleted));
  return { element, show: ({ me }) => details.show(me) };
}

function detailsForm(rest, changed) {
  const { form, name, zone, button, line, done } = detailsParts();
  form.addEventListener("submit", submit);
  let shown = { name: null, tz: null };

  async function submit(event) {
    event.preventDefault();
    setText(done, "");
    const typed = Object.entries({ name: name.value.trim(), tz: zone.value.trim() });
    const wanted = typed.filter(([key, value]) => value !== shown[key]);
    if (wanted.length === 0) return setText(done, said.unchanged);
    let me = null;
    if (await attempt(button, line, async () => (me = await rest.changeMe(Object.fromEntries(wanted))))) {
      [name.value, zone.value] = [me.name, me.tz]; // as the server has them, which may spell a zone otherwise
      show(me);
      setText(done, said.saved);
      await changed(me);
    }
  }

  /** What somebody is typing is left alone. */
  function show(me) {
    if (shown.name === null || name.value.trim() === shown.name) name.value = me.name;
    if (shown.tz === null || zone.value.trim() === shown.tz) zone.value = me.tz;
    shown = { name: me.name, tz: me.tz };
  }

  return { element: form, show };
}

function detailsParts() {
  const name = h("input", { name: "name", required: true, maxlength: NAME_MAX, autocomplete: "nickname", dir: "auto" });
  const zone = h("input", {
    name: "tz", required: true, maxlength: ZONE_MAX, list: "time-zones", "aria-describedby": "zone-hint",
    autocomplete: "off", spellcheck: "false", autocapitalize: "none",
  });
  const line = errorLine();
  const done = h("p", { class: "small done-line", role: "status" });
  const button = h("button", { type: "submit", class: "main" }, said.save);
  const form = h("form", { class: "stack" },
    h("label", {}, said.name, name),
    h("label", {}, said.zone, zone, h("span", { class: "soft small", id: "zone-hint" }, said.zoneHint)),
    zones(), button, line, done);
  return { form, name, zone, button, line, done };
}

function zones() {
  const names = Intl.supportedValuesOf?.("timeZone") ?? [];
  return h("datalist", { id: "time-zones" }, names.map((name) => h("option", { value: name })));
}

/** By cookie it is a plain link, which the browser stores as it comes; a token cannot be put on a link. */
function exportPart() {
  const line = errorLine();
  const link = h("a", { class: "button", href: EXPORT_PATH, download: said.exportName }, said.exportAction);
  link.addEventListener("click", (event) => {
    if (rememberedToken() === null) return;
    event.preventDefault();
    attempt(link, line, () => exportFile(said.exportName));
  });
  return part(said.exportTitle, said.exportWhat, link, line);
}

function signOutPart(sessions, signedOut) {
  const line = errorLine();
  const button = h("button", { type: "button" }, said.signOut);
  button.addEventListener("click", async () => {
    if (await attempt(button, line, () => sessions.end())) signedOut();
  });
  return part(said.signOutTitle, said.signOutWhat, button, line);
}

function deletePart(rest, deleted) {
  const dialog = leavingDialog(rest, () => deleted(said.leaving.done));
  const button = h("button", { type: "button", class: "danger", on: { click: dialog.open } }, said.delete);
  return part(said.deleteTitle, said.deleteWhat, button, dialog.element);
}

function part(title, what, ...action) {
  const words = h("div", {}, h("h3", {}, title), h("p", { class: "soft small" }, what));
  return h("div", { class: "account-part" }, words, action);
}
