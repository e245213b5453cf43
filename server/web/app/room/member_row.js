// One member: dot, name, marks, what they contributed; for the leader a menu.

import { h, setText } from "../dom.js";
import { toast } from "../juice/index.js";
import { texts } from "../texts.js";
import { ask, attempt, confirmed } from "./dialogs.js";
import { figure, percent, share, short } from "./figures.js";

const HUES = 8;
const words = texts.room.members;

export function memberRow(app, raidId, userId) {
  let name = "";
  const initial = h("span", { class: "room-avatar", "aria-hidden": "true", data: { hue: userId % HUES } });
  const dot = h("span", { class: "room-dot" });
  const status = h("span", { class: "visually-hidden" });
  const shownName = h("bdi", { class: "room-member-name" });
  const you = h("span", { class: "chip", hidden: userId !== app.me?.id }, texts.room.you);
  const leads = h("span", { class: "chip room-leads", hidden: true }, texts.room.leader);
  const xp = h("span", { class: "figure room-member-xp" });
  const tasks = h("span", { class: "soft small room-member-tasks" });
  const fill = h("span", { class: "room-member-fill" });
  const menu = h("button", { type: "button", class: "plain room-menu", hidden: true, "aria-haspopup": "dialog", on: { click: () => openMenu(app, raidId, userId, name) } }, "⋯");
  const element = h("li", { class: "room-member" },
    h("span", { class: "room-face" }, initial, dot, status),
    h("span", { class: "room-member-who" }, shownName, leads, you),
    h("span", { class: "room-member-what" }, xp, tasks),
    menu,
    h("span", { class: "room-member-track", "aria-hidden": "true" }, fill));

  return {
    element,
    update(member, raid, most) {
      if (name !== member.username) nameIt(member.username);
      dot.classList.toggle("is-online", Boolean(member.isOnline) && !raid.over);
      dot.hidden = raid.over;
      setText(status, raid.over ? "" : member.isOnline ? words.online : words.offline);
      leads.hidden = userId !== raid.leaderId;
      menu.hidden = raid.over || raid.leaderId !== app.me?.id || userId === raid.leaderId;
      element.classList.toggle("has-menu", !menu.hidden);
      setText(xp, words.xp(short(member.xpContributed)));
      xp.title = words.xp(figure(member.xpContributed));
      setText(tasks, tasksOf(member, raid));
      fill.style.transform = `scaleX(${share(member.xpContributed, most)})`;
    },
  };

  function nameIt(username) {
    name = username;
    setText(shownName, name);
    setText(initial, firstOf(name));
    menu.setAttribute("aria-label", words.actions(name));
  }
}

function tasksOf(member, raid) {
  const done = words.tasks(member.tasksContributed);
  if (!raid.over || !raid.currentXp) return done;
  return `${done} · ${words.part(percent(member.xpContributed, raid.currentXp))}`;
}

/** The first letter as people see letters: an emoji of several code points is one. */
function firstOf(name) {
  const [first] = new Intl.Segmenter("en").segment(name.trim());
  return first?.segment.toUpperCase() ?? "?";
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
  if (!(await confirmed({ title: words.removeTitle(name), text: words.removeText, yes: words.remove, danger: true }))) return;
  const done = await attempt(null, () => app.raidline.rest.removeMember(raidId, userId));
  if (done !== null) toast({ title: words.removed(name), kind: "info" });
}
