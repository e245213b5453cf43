// Who is in, by what they contributed: at most so many shown, drawn anew at most twice a second.

import { forget, h, setText } from "../dom.js";
import { texts } from "../texts.js";
import { moved } from "./focus.js";
import { membersToShow } from "./ranking.js";
import { memberRow } from "./member_row.js";

const words = texts.room.members;

/** `placeOf(userId)` is the row of a member, null when it is not shown. */
export function membersView(app, raidId) {
  const parts = membersParts();
  const { element, list } = parts;
  const rows = new Map();

  function update(raid) {
    const shown = membersToShow(raid, app.me?.id);
    const most = Math.max(1, shown[0]?.xpContributed ?? 0);
    forget(rows, new Set(shown.map((member) => member.userId)));
    shown.forEach((member, place) => {
      const row = rows.get(member.userId) ?? newRow(member);
      row.update(member, raid, most);
      const there = list.children[place] ?? null;
      if (there !== row.element) moved(row.element, () => list.insertBefore(row.element, there));
    });
    tellHowMany(parts, raid, shown.length);
  }

  function newRow(member) {
    const row = memberRow(app, raidId, member.userId);
    rows.set(member.userId, row);
    return row;
  }

  return { element, update, placeOf: (userId) => rows.get(userId)?.element ?? null };
}

function membersParts() {
  const heading = h("h2", {}, words.title);
  const count = h("p", { class: "soft small" });
  const list = h("ol", { class: "room-members", tabindex: 0, "aria-label": words.title });
  const more = h("p", { class: "soft small", hidden: true });
  const element = h("section", { class: "card" }, h("div", { class: "spread" }, heading, count), list, more);
  return { element, heading, count, list, more };
}

function tellHowMany({ heading, count, more }, raid, shown) {
  setText(heading, raid.over ? words.parts : words.title);
  const all = words.count(raid.members.size, raid.maxMembers);
  setText(count, raid.over ? all : `${all} · ${words.countOnline(raid.onlineCount)}`);
  more.hidden = raid.members.size <= shown;
  setText(more, words.more(raid.members.size - shown));
}
