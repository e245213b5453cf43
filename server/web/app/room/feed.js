// The feed: the last lines, newest first, put on the page with the next frame.

import { h, replace, setText } from "../dom.js";
import { perFrame } from "../frames.js";
import { texts } from "../texts.js";
import { attempt } from "./dialogs.js";
import { canTakeBack, FeedLines, LINES, lineOf, lineOfRow } from "./feed_lines.js";
import { figure } from "./figures.js";
import { ago } from "./times.js";

const words = texts.room.feed;

/** `load` reads the ledger's last rows once; `note` is for each event; `tick` for the times that pass. */
export function feedView(app, raidId) {
  const lines = new FeedLines();
  const shown = new Map();
  const list = h("ol", { class: "room-feed", tabindex: 0, "aria-label": words.title });
  const empty = h("p", { class: "soft" }, words.empty);
  const element = h("section", { class: "card" }, h("h2", {}, words.title), empty, list);
  let raid = null;

  const draw = perFrame(() => {
    empty.hidden = lines.lines.length > 0;
    list.hidden = !empty.hidden;
    forget(shown, lines.lines);
    lines.lines.forEach((line, place) => {
      const item = shown.get(line) ?? newItem(line);
      item.update();
      if (list.children[place] !== item.element) list.insertBefore(item.element, list.children[place] ?? null);
    });
  });

  function newItem(line) {
    const item = feedItem(app, raidId, line, () => raid);
    shown.set(line, item);
    return item;
  }

  async function load(ofRaid) {
    raid = ofRaid;
    if (raid.status === "recruiting") return;
    const rows = await app.raidline.rest.ledger(raidId, { limit: LINES }).catch(() => null);
    if (rows === null) return setText(empty, words.failed);
    lines.fill(rows.contributions.map((row) => lineOfRow(row, raid, app.me?.id ?? null)));
    draw();
  }

  function note(event, data, ofRaid) {
    raid = ofRaid;
    const line = lineOf(event, data, raid, app.me?.id ?? null);
    if (line === null) return;
    lines.note(line, performance.now());
    draw();
  }

  return { element, load, note, tick: draw, clear: () => lines.clear(), close: () => draw.cancel() };
}

function feedItem(app, raidId, line, raid) {
  const text = h("span", { class: "room-feed-text" });
  const time = h("time", { class: "soft small", datetime: new Date(line.at).toISOString() });
  const mark = h("span", { class: "chip", hidden: true }, words.takenBack);
  const undo = h("button", { type: "button", class: "plain room-undo", hidden: true, "aria-label": words.takeBackOf(figure(line.xp ?? 0)) }, words.takeBack);
  undo.addEventListener("click", () => attempt(undo, () => app.raidline.rest.voidContribution(raidId, line.contributionId)));
  const element = h("li", { class: "room-feed-line", data: { kind: line.kind, own: line.own ? "" : null } }, text, mark, undo, time);
  if (line.kind !== "burst") replace(text, told(line));
  return {
    element,
    update() {
      if (line.kind === "burst") setText(text, words.burst(line.count));
      setText(time, ago((app.raidline.now() - line.at) / 1000));
      element.classList.toggle("is-voided", line.voided === true);
      mark.hidden = line.voided !== true;
      undo.hidden = !canTakeBack(line, raid(), app.raidline.now());
    },
  };
}

function told(line) {
  const who = h("bdi", { class: "room-feed-name" }, line.own ? capital(texts.room.you) : line.name);
  const xp = figure(line.xp);
  switch (line.kind) {
    case "contribution":
      return [who, " ", h("b", { class: "figure room-feed-xp" }, words.contribution(xp)), line.task && h("bdi", { class: "soft" }, ` ${line.task}`)];
    case "contribution_voided": return [who, ` ${words.contribution_voided(xp)}`];
    case "member_leave": return [who, ` ${line.removed ? words.removed : words.member_leave}`];
    case "member_update": return [who, ` ${line.role === "leader" ? words.lead : words.renamed}`];
    case "member_join": return [who, ` ${words.member_join}`];
    default: return [h("b", {}, words[line.kind])];
  }
}

const capital = (word) => word[0].toUpperCase() + word.slice(1);

function forget(shown, lines) {
  const kept = new Set(lines);
  for (const [line, item] of shown) {
    if (kept.has(line)) continue;
    item.element.remove();
    shown.delete(line);
  }
}
