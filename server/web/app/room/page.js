// The raid room: one raid, as it happens.

import { h } from "../dom.js";
import { plainPage } from "../router.js";
import { texts } from "../texts.js";
import { closeDialogs } from "./dialogs.js";
import { RoomStream } from "./stream.js";
import { roomView } from "./view.js";
import { codeForm } from "./watcher.js";

const PATIENCE_MS = 2_500; // then the page is shown without its raid, and fills when the server answers
const TICK_MS = 1_000;
const words = texts.room;

/** The page, as soon as there is something to show. */
export async function roomPage(app, { id }) {
  const raidId = Number(id);
  const view = roomView(app, raidId);
  const outlet = h("div", {}, view.element);
  const room = new RoomStream(app, raidId, view, (kind) => turnTo(outlet, missing(app, words[kind])));
  const clock = setInterval(view.tick, TICK_MS);
  await Promise.race([room.known, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  return {
    get title() { return room.title; },
    element: outlet,
    close() {
      clearInterval(clock);
      room.close();
      view.close();
      closeDialogs();
    },
  };
}

function turnTo(outlet, element) {
  const hadFocus = outlet.contains(document.activeElement);
  outlet.replaceChildren(element);
  const heading = outlet.querySelector("h1");
  heading.tabIndex = -1;
  if (hadFocus) heading.focus();
}

function missing(app, { title, lead }) {
  const home = h("a", { class: "button", href: "/" }, texts.common.toLobby);
  return plainPage(title, lead, h("div", { class: "card room-missing" }, codeForm(app), home)).element;
}
