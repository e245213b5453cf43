// The raid room: one raid, as it happens.

import { h } from "../dom.js";
import { isolated } from "../isolated.js";
import { reactTo } from "../juice/index.js";
import { plainPage } from "../router.js";
import { texts } from "../texts.js";
import { closeDialogs } from "./dialogs.js";
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
  const room = followed(app, raidId, view, (kind) => turnTo(outlet, missing(app, words[kind])));
  const clock = setInterval(view.tick, TICK_MS);
  await Promise.race([room.known, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  return {
    get title() { return room.title(); },
    element: outlet,
    close() {
      clearInterval(clock);
      room.close();
      view.close();
      closeDialogs();
    },
  };
}

/** Its stream: told to the view, and to whoever celebrates. `known` is kept when it is clear what there is to show. */
function followed(app, raidId, view, onMissing) {
  let raid = null;
  let title = words.title;
  let tell;
  const known = new Promise((resolve) => (tell = resolve));
  const react = (news) => reactTo(news, { me: app.me, raid, places: view.places });

  const watch = app.raidline.watch({ raids: [raidId], own: true }, {
    raid(ofRaid, news) {
      const isFirst = raid === null;
      raid = ofRaid;
      if (news.event === "snapshot") loadPast(view, raid);
      else happened(app, view, raid, news);
      view.update(raid);
      retitle();
      react(news);
      if (isFirst) tell();
    },
    own: (event, data) => react({ event, data }),
    gone: () => lost(),
    connection(state) {
      app.connection.show(state, () => watch.retryNow());
      if (state.kind === "ended" && state.reason === "not_visible") lost();
      if (state.kind === "reconnecting" || state.kind === "offline") away();
    },
  });

  /** Where nothing was seen of it yet, it is said that there will be; what was seen stays as it was. */
  function away() {
    if (raid === null) view.head.wait();
    tell();
  }

  function lost() {
    title = words[raid === null ? "missing" : "gone"].title;
    onMissing(raid === null ? "missing" : "gone");
    tell();
  }

  function retitle() {
    const retitled = isolated(raid.title);
    if (title === retitled) return;
    title = retitled;
    if (view.element.isConnected) document.title = texts.common.title(title);
  }

  return { known, title: () => title, close: () => watch.close() };
}

/** Before the first event, and again whenever the stream could not tell what was missed. */
function loadPast(view, raid) {
  view.feed.clear();
  view.chart.clear();
  view.feed.load(raid);
  view.chart.load(raid);
}

function happened(app, view, raid, { event, data }) {
  view.feed.note(event, data, raid);
  view.chart.note(data);
  if (event === "raid_start") view.chart.load(raid);
  if (words.said[event]) app.announce(words.said[event]);
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
