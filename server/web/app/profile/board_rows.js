// How a leaderboard's places look.

import { h } from "../dom.js";
import { figure } from "../figures.js";
import { texts } from "../texts.js";

const said = texts.profile.boards;

/** One place; `myId` is me, wherever I stand. */
export function placeRow(myId) {
  return (entry) => {
    const isMe = entry.userId === myId;
    const mark = isMe ? "true" : null;
    const look = { class: "place", data: { rank: entry.rank, me: mark }, "aria-current": mark };
    return h("li", { ...look, value: entry.rank },
      h("span", { class: "place-rank figure" }, h("span", { class: "visually-hidden" }, said.rank), figure(entry.rank)),
      h("span", { class: "place-name" }, h("bdi", {}, entry.username || said.nameless),
        isMe ? h("span", { class: "chip me-chip" }, said.me) : null,
        entry.tied ? h("span", { class: "chip tied-chip" }, said.tied) : null),
      h("span", { class: "place-xp figure" }, figure(entry.xp), h("span", { class: "small" }, ` ${texts.common.xp}`)));
  };
}
