// One section of the lobby: a heading, cards, and what to do while there are none. Cards stay where they are.

import { h } from "./dom.js";

/** { element, isEmpty(), add(card), remove(card), takePlaceOfAnEnded(card) -> the card it took the place of, or
 * null } */
export function raidList({ id, title, lead = null, empty = null }) {
  const list = h("ul", { class: "raids", "aria-labelledby": id });
  const nothing = empty === null ? null : h("p", { class: "empty soft" }, empty);
  const introduction = lead && h("p", { class: "soft small" }, lead);
  const look = { class: "raid-section", data: { of: id } };
  const element = h("section", look, h("h2", { id }, title), introduction, list, nothing);
  const cards = new Set();
  draw();

  function draw() {
    list.hidden = cards.size === 0;
    element.hidden = cards.size === 0 && nothing === null;
    if (nothing !== null) nothing.hidden = cards.size > 0;
  }

  function add(card) {
    cards.add(card);
    list.append(card.element);
    draw();
  }

  function remove(card) {
    if (cards.delete(card)) card.element.remove();
    draw();
  }

  /** Not of one that somebody is just looking at. */
  function takePlaceOfAnEnded(card) {
    const ended = [...cards].find(({ raid, element: one }) => raid.over && !one.matches(":hover, :focus-within"));
    if (ended === undefined) return null;
    ended.element.replaceWith(card.element);
    cards.delete(ended);
    cards.add(card);
    return ended;
  }

  return { element, isEmpty: () => cards.size === 0, add, remove, takePlaceOfAnEnded };
}
