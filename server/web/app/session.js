// Who is here: by cookie, by a token of this tab, or as a guest who is made on the first visit.

import { Problem } from "../client/index.js";
import { friendlyName } from "./names.js";
import { remembered } from "./storage.js";

const tokenOfTab = remembered("sessionStorage", "raidline.token");

/** The token this tab signed in with, or null: what the client is made with. */
export function rememberedToken() {
  return tokenOfTab.get();
}

/** `app.me` and `app.outbox` are kept by what this returns: { restore, asGuest, withToken, over }. */
export function sessionOf(app, { onOver }) {
  const { raidline } = app;
  let stopCounting = () => {};

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
    become(await raidline.sessions.withToken(token));
    tokenOfTab.set(token);
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
    stopCounting = app.outbox.onChange((outbox) => app.connection.waiting(outbox.waiting));
  }

  /** Closed, for it would be sent in the name of whoever comes next. */
  function leave() {
    stopCounting();
    app.outbox?.close();
    app.me = null;
    app.outbox = null;
  }

  return { restore, asGuest, withToken, over };
}

function timeZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
