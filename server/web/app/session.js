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
  let stopListening = () => {};

  window.addEventListener("storage", ({ key }) => key === WHO && lookWhoIsIn());
  window.addEventListener("pageshow", ({ persisted }) => persisted && lookWhoIsIn());

  async function lookWhoIsIn() {
    const who = whoByCookie.get();
    if (app.me === null || who === null || who === String(app.me.id) || tokenOfTab.get() !== null) return;
    if (await restore().catch(() => false)) onOther(); // else it is the streams that say so
  }

  /** Whoever the cookie or the token of the tab says; false when they say nobody. */
  async function restore() {
    try {
      become(await raidline.rest.me());
      return true;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return false;
      throw error;
    }
  }

  /** A new guest; false where the server lets none in. */
  async function asGuest(name = friendlyName()) {
    try {
      await raidline.sessions.asGuest(name, timeZone());
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return false;
      throw error;
    }
    return restore();
  }

  /** Throws Problem 401 for a token that opens nothing. */
  async function withToken(token) {
    const me = await raidline.sessions.withToken(token);
    tokenOfTab.set(token);
    become(me);
  }

  /** The session is over. What waits in the outbox stays on this device, for whom it belongs to. */
  function over() {
    const kept = app.outbox?.waiting ?? 0;
    tokenOfTab.forget();
    leave();
    onOver({ wasIn: true, kept });
  }

  function become(me) {
    leave();
    app.me = me;
    app.outbox = raidline.outbox(me.id);
    app.connection.waiting(app.outbox.waiting);
    const offs = [
      app.outbox.onChange((outbox) => app.connection.waiting(outbox.waiting)),
      app.outbox.onAnswer(tellRefusal),
    ];
    stopListening = () => offs.forEach((off) => off());
    if (tokenOfTab.get() === null) whoByCookie.set(String(me.id));
  }

  /** Closed, for it would be sent in the name of whoever comes next. */
  function leave() {
    stopListening();
    app.outbox?.close();
    app.me = null;
    app.outbox = null;
  }

  return { restore, asGuest, withToken, over };
}

/** Elsewhere than in its room, which says so itself, nobody would see that something was not counted. */
function tellRefusal(item, answer) {
  if (answer.ok || location.pathname === `/raids/${item.raidId}`) return;
  const why = refusalOf(answer.problem, texts.room.refused);
  const { refusedTitle: title, refusedTitles, refusedOthers } = texts.session;
  const sum = { of: "refused", name: why, title: refusedTitles, text: refusedOthers };
  toast({ kind: "bad", title: title(item.xp), text: why, sum });
}

function timeZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
