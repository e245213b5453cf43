// The feed: the last lines, newest first, put on the page with the next frame.

import { forget, h, setText } from "../dom.js";
import { perFrame } from "../frames.js";
import { texts } from "../texts.js";
import { feedItem } from "./feed_item.js";
import { FeedLines, LINES, lineOf, lineOfRow } from "./feed_lines.js";

const words = texts.room.feed;

/** `load` reads the ledger's last rows once; `note` is for each event; `tick` for the times that pass. */
export function feedView(app, raidId) {
  const lines = new FeedLines();
  const shown = new Map();
  const { element, list, empty } = feedParts();
  let raid = null;

  const draw = perFrame(() => {
    empty.hidden = lines.lines.length > 0;
    list.hidden = !empty.hidden;
    forget(shown, new Set(lines.lines));
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

function feedParts() {
  const list = h("ol", { class: "room-feed", tabindex: 0, "aria-label": words.title });
  const empty = h("p", { class: "soft" }, words.empty);
  const element = h("section", { class: "card room-happenings" }, h("h2", {}, words.title), empty, list);
  return { element, list, empty };
}
