// One line of the feed: who, what, when, and for one's own the way back.

import { h, replace, setText } from "../dom.js";
import { figure } from "../figures.js";
import { texts } from "../texts.js";
import { attempt } from "./dialogs.js";
import { canTakeBack } from "./feed_lines.js";
import { ago } from "./times.js";

const words = texts.room.feed;

/** { element, update() }; `raid()` is the raid as it stands. */
export function feedItem(app, raidId, line, raid) {
  const text = h("span", { class: "room-feed-text" });
  const datetime = line.at === null ? null : new Date(line.at).toISOString();
  const time = h("time", { class: "soft small", datetime });
  const mark = h("span", { class: "chip", hidden: true }, words.takenBack);
  const undo = undoButton(app, raidId, line);
  const data = { kind: line.kind, own: line.own ? "" : null };
  const element = h("li", { class: "room-feed-line", data }, text, mark, undo, time);
  if (line.kind !== "burst") replace(text, told(line));
  return {
    element,
    update() {
      if (line.kind === "burst") setText(text, words.burst(line.count));
      setText(time, line.at === null ? "" : ago((app.raidline.now() - line.at) / 1000));
      element.classList.toggle("is-voided", line.voided === true);
      mark.hidden = line.voided !== true;
      undo.hidden = !canTakeBack(line, raid(), app.raidline.now());
    },
  };
}

function undoButton(app, raidId, { xp, contributionId }) {
  const label = words.takeBackOf(figure(xp ?? 0));
  const look = { class: "plain room-undo", hidden: true };
  const button = h("button", { type: "button", ...look, "aria-label": label }, words.takeBack);
  const takeBack = () => app.raidline.rest.voidContribution(raidId, contributionId);
  button.addEventListener("click", () => attempt(button, takeBack));
  return button;
}

function told(line) {
  const who = h("bdi", { class: "room-feed-name" }, line.own ? capital(texts.room.you) : line.name);
  const xp = figure(line.xp);
  switch (line.kind) {
    case "contribution":
      return [who, " ", h("b", { class: "figure room-feed-xp" }, words.contribution(xp)), taskOf(line)];
    case "contribution_voided": return [who, ` ${words.contribution_voided(xp)}`];
    case "member_leave": return [who, ` ${line.removed ? words.removed : words.member_leave}`];
    case "member_update": return [who, ` ${line.role === "leader" ? words.lead : words.renamed}`];
    case "member_join": return [who, ` ${words.member_join}`];
    default: return [h("b", {}, words[line.kind])];
  }
}

function taskOf({ task }) {
  return task && [" ", h("bdi", { class: "soft room-feed-task" }, task)];
}

const capital = (word) => word[0].toUpperCase() + word.slice(1);
