// The page is put together here: the client, the frame around all pages, and which page is at which address.

import { Problem, Raidline, Unreachable } from "../client/index.js";
import { announcer } from "./announce.js";
import { connectionIndicator } from "./connection.js";
import { h } from "./dom.js";
import { header } from "./header.js";
import { joinPage } from "./join.js";
import { lobbyPage } from "./lobby.js";
import { patience } from "./patience.js";
import { profilePage } from "./profile/page.js";
import { isPassing, isSignedOut } from "./refusals.js";
import { roomPage } from "./room/page.js";
import { plainPage, router } from "./router.js";
import { rememberedToken, sessionOf } from "./session.js";
import { signInPage } from "./sign_in.js";
import { remembered } from "./storage.js";
import { texts } from "./texts.js";

const ROUTES = [
  [/^\/$/, lobbyPage],
  [/^\/raids\/(?<id>[1-9]\d{0,14})$/, roomPage], // what is no id of a raid, or longer than a number can be, is no page
  [/^\/r\/(?<code>[^/]+)$/, joinPage],
  [/^\/me$/, profilePage],
];
const NEWCOMER = { wasIn: false, kept: 0 };

const raidline = new Raidline({ token: rememberedToken(), transport: transport() });
const announcements = announcer(document.getElementById("live"));
const connection = connectionIndicator({ onSignedOut: signedOut });
const top = header(connection.element);
const trying = patience();
const app = {
  raidline,
  me: null,
  outbox: null,
  connection,
  announce: announcements.announce,
  texts,
  go: (path, options) => ways.go(path, options),
  signedOut,
};
const session = sessionOf(app, { onOver: (why) => (door = why), onOther: () => ways.again() });
const ways = router({ routes: ROUTES, outlet: document.getElementById("main"), open, instead, shown: top.here });
let door = null; // while somebody has to sign in: { wasIn, kept: how many contributions of theirs wait here }

document.getElementById("header").replaceWith(top.element);
ways.again();

/** A page of somebody who is signed in, but for the join page, where a newcomer is asked for a name first. */
async function open(page, parameters) {
  if (page === null) return notFound(texts.router.notFound);
  if (door === null && !(await isIn(page))) door = NEWCOMER;
  const opened = door === null ? await page(app, { ...parameters, session, askToSignIn }) : signIn();
  trying.over();
  return opened && { ...opened, title: texts.common.title(opened.title) };
}

async function isIn(page) {
  return app.me !== null || (await session.restore()) || page === joinPage || (await session.asGuest());
}

/** What is shown where a page could not be. */
function instead(error) {
  if (isSignedOut(error)) return signedOut();
  if (error instanceof Problem && error.status === 404) return notFound(texts.router.gone);
  if (isPassing(error)) connection.show(trying.later(ways.again), () => trying.now(ways.again));
  else console.error(error);
  const again = h("button", { class: "main", type: "button" }, texts.common.tryAgain);
  again.addEventListener("click", () => trying.now(ways.again));
  const { title, lead } = texts.router[howItFailed(error)];
  return plainPage(title, lead, again);
}

function howItFailed(error) {
  if (error instanceof Unreachable) return "unreachable";
  return isPassing(error) ? "passing" : "failed";
}

function notFound({ title, lead }) {
  connection.show({ kind: "idle" });
  return plainPage(title, lead, h("a", { class: "button", href: "/" }, texts.common.toLobby));
}

/** Back to the door, with a word of what happened. Nothing that waits is lost. */
function signedOut() {
  if (door !== null) return null;
  session.over();
  ways.again();
  return null;
}

function askToSignIn() {
  door = NEWCOMER;
  return ways.again();
}

function signIn() {
  connection.show({ kind: "idle" });
  return signInPage({ session, ...door, done: signedIn });
}

function signedIn() {
  door = null;
  return ways.again();
}

/** `?transport=ws` has this tab use WebSocket from now on, `?transport=sse` no longer. */
function transport() {
  const chosen = remembered("sessionStorage", "raidline.transport");
  const asked = new URLSearchParams(location.search).get("transport");
  if (asked !== null) chosen.set(asked);
  return (asked ?? chosen.get()) === "ws" ? "ws" : "sse";
}
