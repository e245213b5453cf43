// The first page: one's raids as they move, a way into others, and public ones to watch.

import { createDialog } from "./create.js";
import { h } from "./dom.js";
import { reactTo } from "./juice/index.js";
import { joinForm } from "./join_form.js";
import { LobbyBoard } from "./lobby_board.js";
import { findRaids } from "./lobby_raids.js";
import { steps, welcome } from "./lobby_welcome.js";
import { isPassing, isSignedOut } from "./refusals.js";
import { texts } from "./texts.js";

const LOOK_AGAIN_MS = 20_000; // raids joined or made elsewhere tell nobody
const AFTER_AN_END_MS = 8_000; // whoever plays one raid after the other begins the next about now
const words = texts.lobby;

export async function lobbyPage(app) {
  const board = new LobbyBoard(app);
  try {
    await board.take(await findRaids(app.raidline.rest));
  } catch (error) {
    board.close();
    throw error;
  }
  const create = createDialog(app);
  const watch = follow(app, board, () => again.soon());
  const again = lookingAgain(app, board, watch);

  const element = h(
    "div",
    { class: "lobby" },
    h(
      "div",
      { class: "lobby-top" },
      greeting(app.me, isNew(board)),
      newRaidButton(create),
    ),
    columns(board, joinForm(app)),
    create.element,
  );
  function close() {
    again.stop();
    watch.close();
    board.close();
  }
  return { title: words.title, element, close };
}

function newRaidButton(create) {
  const plus = h("span", { "aria-hidden": "true" }, "+");
  return h("button", { class: "main lobby-new", type: "button", on: { click: create.open } }, plus, words.newRaid);
}

function isNew({ mine, ended }) {
  return mine.isEmpty() && ended.isEmpty();
}

/** Who has no raid yet sees first what one is. */
function columns(board, join) {
  const { mine, ended, watched } = board;
  const [first, second] = mine.isEmpty() ? [[watched, mine, ended], []] : [[mine, ended], [watched]];
  return [
    h("div", { class: "lobby-main" }, first.map((list) => list.element)),
    h("div", { class: "lobby-side" }, join, isNew(board) && steps(), second.map((list) => list.element)),
  ];
}

function greeting(me, isNewcomer) {
  const name = h("bdi", {}, me.name);
  const said = h("h1", {}, words.greeting(new Date().getHours(), name));
  if (isNewcomer) return h("div", { class: "greeting" }, said, welcome());
  const facts = [me.level > 0 && words.level(me.level), me.streak?.current > 0 && words.streak(me.streak.current)];
  return h(
    "div",
    { class: "greeting" },
    said,
    h("p", { class: "row" }, facts.filter(Boolean).map((fact) => h("span", { class: "chip" }, fact))),
  );
}

/** One stream for all of them, and what happens to oneself. */
function follow(app, board, afterAnEnd) {
  const watch = app.raidline.watch(
    { raids: board.followed, own: true },
    {
      raid(raid, { event }) {
        board.show(raid);
        if (raid.over) afterAnEnd();
        if (board.isMine(raid.id)) app.announce(newsOf(event, raid));
      },
      own: (event, data) => reactTo({ event, data }, { me: app.me }),
      gone: (raidId) => board.gone(raidId),
      connection: (state) => app.connection.show(state, () => watch.retryNow()),
    },
  );
  return watch;
}

/** What is worth a word to those who hear the page: beginnings and ends, not every contribution. */
function newsOf(event, raid) {
  if (event === "raid_start") return words.began(raid.title);
  return event.startsWith("raid_") && raid.over ? words.over[raid.status](raid.title) : "";
}

/** Looks for raids that nobody told of: now and then, when one comes back to the page, and after one has ended. */
function lookingAgain(app, board, watch) {
  let looking = false;
  let ended = 0;

  async function look() {
    if (looking || document.hidden) return;
    looking = true;
    try {
      await board.take(await findRaids(app.raidline.rest));
      watch.follow(board.followed);
    } catch (error) {
      if (isSignedOut(error)) app.signedOut();
      else if (!isPassing(error)) throw error; // what passes is on the indicator already
    } finally {
      looking = false;
    }
  }

  function soon() {
    clearTimeout(ended);
    ended = setTimeout(look, AFTER_AN_END_MS);
  }

  function stop() {
    clearInterval(regularly);
    clearTimeout(ended);
    document.removeEventListener("visibilitychange", look);
  }

  const regularly = setInterval(look, LOOK_AGAIN_MS);
  document.addEventListener("visibilitychange", look);
  return { soon, stop };
}
