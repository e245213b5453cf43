// What a leader can do with a member: hand over the lead, take out of the raid.

import { h } from "../dom.js";
import { toast } from "../juice/index.js";
import { texts } from "../texts.js";
import { ask, attempt, confirmed } from "./dialogs.js";

const words = texts.room.members;

/** `nameOf()` is what the member is called at the moment it is pressed. */
export function menuButton(app, raidId, userId, nameOf) {
  const look = { class: "plain room-menu", hidden: true, "aria-haspopup": "dialog" };
  const click = () => openMenu(app, raidId, userId, nameOf());
  return h("button", { type: "button", ...look, on: { click } }, "⋯");
}

async function openMenu(app, raidId, userId, name) {
  const chosen = await ask(name, (close) => h("div", { class: "stack" },
    h("button", { type: "button", on: { click: () => close("lead") } }, words.lead),
    h("button", { type: "button", class: "danger", on: { click: () => close("remove") } }, words.remove),
    h("button", { type: "button", class: "plain", on: { click: () => close(null) } }, texts.common.cancel)));
  if (chosen === "lead") await handOver(app, raidId, userId, name);
  if (chosen === "remove") await remove(app, raidId, userId, name);
}

async function handOver(app, raidId, userId, name) {
  if (!(await confirmed({ title: words.leadTitle(name), text: words.leadText, yes: words.lead }))) return;
  const done = await attempt(null, () => app.raidline.rest.lead(raidId, userId));
  if (done !== null) toast({ title: words.led(name), kind: "info" });
}

async function remove(app, raidId, userId, name) {
  const question = { title: words.removeTitle(name), text: words.removeText, yes: words.remove, danger: true };
  if (!(await confirmed(question))) return;
  const done = await attempt(null, () => app.raidline.rest.removeMember(raidId, userId));
  if (done !== null) toast({ title: words.removed(name), kind: "info" });
}
