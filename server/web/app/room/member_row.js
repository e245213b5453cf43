// One member: dot, name, marks, what they contributed; for the leader a menu.

import { h, setText } from "../dom.js";
import { figure, percent, share, short } from "../figures.js";
import { icon } from "../icons.js";
import { texts } from "../texts.js";
import { menuButton } from "./member_menu.js";

const HUES = 8;
const words = texts.room.members;

export function memberRow(app, raidId, userId) {
  const parts = rowParts(userId, userId === app.me?.id);
  const menu = menuButton(app, raidId, userId, () => parts.name.textContent);
  parts.element.append(menu, h("span", { class: "bar room-member-track", "aria-hidden": "true" }, parts.fill));

  function update(member, raid, most) {
    nameIt(parts, menu, member.username);
    tellWhetherThere(parts, member, raid);
    parts.leads.hidden = userId !== raid.leaderId;
    const leading = !raid.over && raid.leaderId === app.me?.id;
    menu.hidden = !leading || userId === raid.leaderId;
    parts.element.classList.toggle("has-menu", leading); // in every row, or their figures would not stand in line
    tellWhat(parts, member, raid, most);
  }

  return { element: parts.element, update };
}

function rowParts(userId, isMe) {
  const initial = h("span", { class: "room-avatar", "aria-hidden": "true", data: { hue: userId % HUES } });
  const dot = h("span", { class: "room-dot" });
  const status = h("span", { class: "visually-hidden" });
  const name = h("bdi", { class: "room-member-name" });
  const you = h("span", { class: "chip", hidden: !isMe }, texts.room.you);
  const leads = crown();
  const xp = h("span", { class: "figure room-member-xp" });
  const tasks = h("span", { class: "soft small room-member-tasks" });
  const element = h("li", { class: "room-member" },
    h("span", { class: "room-face" }, initial, dot, status),
    h("span", { class: "room-member-who" }, name, leads, you),
    h("span", { class: "room-member-what" }, xp, tasks));
  return { element, initial, dot, status, name, leads, xp, tasks, fill: h("span", { class: "bar-fill" }) };
}

/** A sign for the eyes, a word for the ears: two chips would push each other below the name. */
function crown() {
  const word = h("span", { class: "visually-hidden" }, texts.room.leader);
  return h("span", { class: "room-leads", hidden: true, title: texts.room.leader }, icon("crown"), word);
}

function nameIt({ name, initial }, menu, username) {
  if (name.textContent === username) return;
  setText(name, username);
  setText(initial, firstOf(username));
  menu.setAttribute("aria-label", words.actions(username));
}

function tellWhetherThere({ dot, status }, member, raid) {
  dot.classList.toggle("is-online", Boolean(member.isOnline) && !raid.over);
  dot.hidden = raid.over;
  setText(status, raid.over ? "" : member.isOnline ? words.online : words.offline);
}

function tellWhat({ xp, tasks, fill }, member, raid, most) {
  setText(xp, words.xp(short(member.xpContributed)));
  xp.title = words.xp(figure(member.xpContributed));
  setText(tasks, tasksOf(member, raid));
  fill.style.transform = `scaleX(${share(member.xpContributed, most)})`;
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
