// Who is here: by cookie, by a token of this tab, or as a guest who is made on the first visit.

import { Problem } from "../client/index.js";
import { toast } from "./juice/index.js";
import { friendlyName } from "./names.js";
import { refusalOf } from "./refusals.js";
import { remembered } from "./storage.js";
import { texts } from "./texts.js";

const WHO = "raidline.who";

const tokenOfTab = remembered("sessionStorage", "raidline.token");

/** Whose the cookie is, as the tab says that came in last: it is the cookie of all of them. */
const whoByCookie = remembered("localStorage", WHO);

/** The token this tab signed in with, or null: what the client is made with. */
export function rememberedToken() {
  return tokenOfTab.get();
}

/**
 * `app.me` and `app.outbox` are kept by what this returns: { restore, asGuest, withToken, over }. `onOther` is called
 * after another tab let in somebody else, whom this one is of as well from then on.
 */
export function sessionOf(app, { onOver, onOther }) {
  const { raidline } = app;
  const person = personOf(app);

  /** Whoever the cookie or the token of the tab says; false when they say nobody. */
  async function restore() {
    const me = await unless(401, () => raidline.rest.me());
    if (me !== null) person.become(me);
    return me !== null;
  }

  /** A new guest; false where the server lets none in. */
  async function asGuest(name = friendlyName()) {
    const made = await unless(404, () => raidline.sessions.asGuest(name));
    return made !== null && restore();
  }

  /** Throws Problem 401 for a token that opens nothing. */
  async function withToken(token) {
    const me = await raidline.sessions.withToken(token);
    tokenOfTab.set(token);
    person.become(me);
  }

  /** The session is over. What waits in the outbox stays on this device, for whom it belongs to. */
  function over() {
    const kept = app.outbox?.waiting ?? 0;
    tokenOfTab.forget();
    person.leave();
    onOver({ wasIn: true, kept });
  }

  whenOthersComeIn(async () => {
    if (isStill(app.me)) return;
    if (await restore().catch(() => false)) onOther(); // else it is the streams that say so
  });
  return { restore, asGuest, withToken, over };
}

/** Who the page is of, with an outbox of their own: { become(me), leave() }. */
function personOf(app) {
  let stopListening = () => {};

  function become(me) {
    leave();
    app.me = me;
    app.outbox = app.raidline.outbox(me.id);
    app.connection.waiting(app.outbox.waiting);
    stopListening = listenTo(app.outbox, app.connection);
    if (tokenOfTab.get() === null) whoByCookie.set(String(me.id));
  }

  /** Closed, for it would be sent in the name of whoever comes next. */
  function leave() {
    stopListening();
    app.outbox?.close();
    app.me = null;
    app.outbox = null;
  }

  return { become, leave };
}

function listenTo(outbox, connection) {
  const offs = [outbox.onChange(({ waiting }) => connection.waiting(waiting)), outbox.onAnswer(tellRefusal)];
  return () => offs.forEach((off) => off());
}

/** By a tab beside this one, or while this page was put away. */
function whenOthersComeIn(look) {
  window.addEventListener("storage", ({ key }) => key === WHO && look());
  window.addEventListener("pageshow", ({ persisted }) => persisted && look());
}

/** Whether the cookie, where it counts here, is still of this person. */
function isStill(me) {
  const who = whoByCookie.get();
  return me === null || who === null || who === String(me.id) || tokenOfTab.get() !== null;
}

/** What `work` gives; null where the server refuses it with this status. */
async function unless(status, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem && error.status === status) return null;
    throw error;
  }
}

/** Elsewhere than in its room, which says so itself, nobody would see that something was not counted. */
function tellRefusal(item, answer) {
  if (answer.ok || location.pathname === `/raids/${item.raidId}`) return;
  const why = refusalOf(answer.problem, texts.room.refused);
  const { refusedTitle: title, refusedTitles, refusedOthers } = texts.session;
  const sum = { of: "refused", name: why, title: refusedTitles, text: refusedOthers };
  toast({ kind: "bad", title: title(item.xp), text: why, sum });
}
