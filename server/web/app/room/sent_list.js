// One's own latest contributions to this raid, and how many still wait on this device.

import { h, replace, setText } from "../dom.js";
import { short } from "../figures.js";
import { perFrame } from "../frames.js";
import { texts } from "../texts.js";
import { SentItems } from "./sent_items.js";

const words = texts.room.contribute;

/** { list, waiting, items, draw(), close() }; `items` is what to tell, `draw` shows it with the next frame. */
export function sentList(app, raidId) {
  const items = new SentItems();
  const list = h("ul", { class: "room-sent", "aria-label": words.list });
  const waiting = h("p", { class: "soft small", hidden: true });

  const draw = perFrame(() => {
    const left = app.outbox?.of(raidId) ?? [];
    items.stillWaiting(left);
    replace(list, items.shown.map(itemLine));
    list.hidden = items.shown.length === 0;
    waiting.hidden = left.length === 0;
    setText(waiting, words.waitingCount(left.length));
  });

  items.waiting(app.outbox?.of(raidId) ?? []);
  const off = app.outbox?.onChange(draw);
  draw();
  return { list, waiting, items, draw, close: () => [draw.cancel, off].forEach((stop) => stop?.()) };
}

function itemLine({ xp, state, why }) {
  const waiting = navigator.onLine ? words.sending : words.waiting;
  const told = { waiting, sent: words.sent, refused: words.refused(why) };
  return h("li", { data: { state } }, h("b", { class: "figure" }, words.item(short(xp))), " ", told[state]);
}
