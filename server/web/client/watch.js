// One connection that comes back by itself, from where it was, whatever ended it.
//
//   connecting ──hello──▶ live ◀──status──▶ stale
//       ▲                  └───────┬──────────┘
//       │                 lost, silent, goaway, gap; hidden for a minute (then it waits to be looked at)
//    timer, retryNow,              ▼
//    online, visible ◀──── reconnecting | offline          ended: 401, 404, close()     idle: nothing to follow

/** @import { ConnectionState, EndReason, Interest, WatchHandlers } from "./types.js" */
/** @import { Ending, Listener } from "./connection.js" */
/** @import { Frame } from "./feed.js" */
/** @import { Clock } from "./clock.js" */
/** @import { Http } from "./http.js" */
/** @import { Rest } from "./rest.js" */

import { attend, isOffline } from "./attention.js";
import { pauseBefore } from "./backoff.js";
import { Problem } from "./errors.js";
import { EventSourceConnection } from "./event_source.js";
import { Feed } from "./feed.js";
import { Pulse } from "./pulse.js";
import { report } from "./report.js";
import { SocketConnection } from "./socket.js";

const LOOK_EVERY_MS = 5_000;

const PAUSES = { shortest: 500, longest: 15_000 };

/** No goodbye sends anybody away for longer. */
const AWAY_MAX_MS = 60_000;

/** @typedef {{http: Http, rest: Rest, clock: Clock, transport: "sse" | "ws"}} Server */

export class Watch {
  /** @type {ConnectionState} */
  state = { kind: "connecting" };

  #server;
  #handlers;
  #feed;
  /** @type {EventSourceConnection | SocketConnection | null} */
  #connection = null;
  #pulse = new Pulse();
  #attempt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #looking;
  /** @type {() => void} */
  #stopAttending;
  #isReopening = false;
  /** Nobody looks, so the connection is left to those who do: over HTTP/1.1 a browser has six for all its tabs. */
  #isResting = false;
  #whileHidden;
  #isShown = false;

  /** @param {Server} server @param {Interest} interest @param {WatchHandlers} handlers */
  constructor(server, interest, handlers) {
    this.#server = server;
    this.#handlers = handlers;
    this.#whileHidden = interest.whileHidden === true;
    this.#feed = new Feed(interest, {
      raid: (raid, news) => this.#tell("raid", raid, news),
      own: (event, data) => this.#tell("own", event, data),
    });
    this.#stopAttending = attend((notice) => this.#noticed(notice));
    // A turn later, so that whoever made the watch has it in hand when it first calls.
    queueMicrotask(() => this.#begin());
  }

  /** What is followed, as it stands; a raid is here from its first snapshot on. */
  get raids() {
    return this.#feed.raids;
  }

  /** Follow these raids from now on. What is followed already goes on where it is. @param {Iterable<number>} raidIds */
  follow(raidIds) {
    if (!this.#feed.want(raidIds) || this.#isClosed) return;
    if (this.#connection?.change() === true && !this.#feed.isEmpty) return this.#showOpen();
    if (this.#isReopening) return;
    this.#isReopening = true; // several calls in one turn are one new connection
    queueMicrotask(() => {
      this.#isReopening = false;
      this.#begin();
    });
  }

  /** Do not wait any longer. Also begins again what has ended, unless it was closed. */
  retryNow() {
    if (!this.#isClosed && this.#connection === null) this.#begin();
  }

  /** For good. */
  close() {
    this.#end("closed");
    this.#stopAttending();
  }

  /** Nothing is to come of itself any more. */
  get #isDone() {
    return this.state.kind === "ended" || this.state.kind === "idle";
  }

  get #isClosed() {
    return this.state.kind === "ended" && this.state.reason === "closed";
  }

  #begin() {
    if (this.#isClosed) return;
    this.#isResting = false;
    this.#drop();
    if (this.#feed.isEmpty) return this.#idle();
    this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#pulse.heard();
    this.#show(isOffline() ? { kind: "offline" } : { kind: "connecting" });
    if (this.#isClosed || this.#connection !== null) return; // by whoever was told of it
    const { http, rest, transport } = this.#server;
    const Connection = transport === "ws" ? SocketConnection : EventSourceConnection;
    this.#connection = new Connection(http, rest, this.#feed, this.#listener());
  }

  /** @returns {Listener} */
  #listener() {
    return { frame: (frame) => this.#hear(frame), ended: (ending) => this.#lost(ending) };
  }

  /** @param {Frame} frame */
  #hear(frame) {
    this.#pulse.heard();
    switch (frame.event) {
      case "hello": this.#greet(frame); break;
      case "sync": this.#server.clock.heard(frame.data.at); break;
      case "status": return this.#toldStatus(frame);
      case "goaway": return this.#reconnect(Math.min(Math.max(Number(frame.data.retryMs) || 0, 0), AWAY_MAX_MS));
      case "gone": return this.#lose(frame.raidId ?? frame.data.raidId);
    }
    if (this.#feed.take(frame) === "lost") this.#reconnect();
  }

  /** @param {Frame} frame */
  #greet({ data }) {
    this.#server.clock.heard(data.at);
    this.#pulse.greeted();
    this.#showOpen();
  }

  /** @param {Frame} frame */
  #toldStatus({ data, raidId }) {
    this.#pulse.told(raidId ?? "own", data.live ? null : data.reason);
    this.#showOpen();
  }

  #showOpen() {
    if (this.#pulse.isOpen) this.#show(this.#pulse.stateOf(this.#feed.wanted));
  }

  /** @param {Ending} ending */
  #lost(ending) {
    const wasOpen = this.#pulse.isOpen;
    if (ending.kind === "over") return this.#end(ending.reason);
    this.#reconnect();
    if (ending.kind === "failed") this.#judge(ending.error);
    else if (!wasOpen) this.#askWhy();
  }

  /** Neither an EventSource nor a WebSocket says why it did not open; a plain request does. */
  async #askWhy() {
    const { rest } = this.#server;
    const { only, wanted } = this.#feed;
    try {
      if (only !== null) await rest.raid(only);
      else if (wanted.size === 0) await rest.me();
      else this.#keepVisible(await rest.hydrate([...wanted]));
    } catch (error) {
      this.#judge(error);
    }
  }

  /** @param {{raids: Record<string, unknown>}} answer */
  #keepVisible({ raids }) {
    for (const id of [...this.#feed.wanted]) if (raids[id] === null) this.#lose(id);
  }

  /** What a failed request means for the watch, if it still waits. @param {unknown} error */
  #judge(error) {
    if (!(error instanceof Problem) || this.#connection !== null || this.#isDone) return;
    if (error.status === 401) this.#end("signed_out");
    else if (error.status === 404 && this.#feed.only !== null) this.#lose(this.#feed.only);
    else if (error.retryAfterMs !== null) this.#wait(Math.max(error.retryAfterMs, PAUSES.shortest));
  }

  /** A raid is no longer ours to see. @param {number} raidId */
  #lose(raidId) {
    if (this.#isClosed || !this.#feed.wanted.has(raidId)) return;
    this.#feed.want([...this.#feed.wanted].filter((id) => id !== raidId));
    this.#tell("gone", raidId);
    if (this.#feed.isEmpty) this.#end("not_visible");
    else this.#showOpen();
  }

  /** @param {number} [pauseMs]  where somebody said how long */
  #reconnect(pauseMs) {
    if (this.#pulse.wasGood) this.#attempt = 0;
    // A goodbye without a pause is kept to once; again and again it must not make us hammer.
    const least = pauseMs !== undefined && this.#attempt === 0 ? 0 : pauseBefore(this.#attempt, PAUSES);
    const pause = Math.max(pauseMs ?? 0, least);
    this.#attempt += 1;
    this.#wait(pause);
  }

  /** @param {number} pauseMs */
  #wait(pauseMs) {
    if (this.#isClosed) return;
    this.#drop();
    this.#retry = setTimeout(() => this.#begin(), pauseMs);
    const retryAt = Date.now() + pauseMs;
    this.#show(isOffline() ? { kind: "offline" } : { kind: "reconnecting", retryAt, attempt: this.#attempt });
  }

  /** The one look after the time, for all there is to follow. */
  #look() {
    if (this.#connection === null) return;
    if (this.#pulse.isGone || this.#feed.isOverdue()) this.#reconnect();
    else if (this.#pulse.isFaint) this.#connection.ping();
  }

  /** @param {import("./attention.js").Notice} notice */
  #noticed(notice) {
    if (this.#isDone) return;
    if (notice === "unseen") return this.#rest();
    if (this.#isResting && !["visible", "back"].includes(notice)) return;
    if (notice === "hidden_away") this.#drop();
    else if (notice === "offline") this.#reconnect();
    else if (this.#connection === null || notice === "back") this.#begin();
    else if (this.#pulse.isOpen && this.#pulse.isFaint) this.#begin();
  }

  #rest() {
    if (this.#whileHidden) return;
    this.#isResting = true;
    this.#drop();
    this.#show({ kind: "connecting" });
  }

  /** @param {EndReason} reason */
  #end(reason) {
    if (this.#isClosed) return;
    this.#stop();
    this.#show({ kind: "ended", reason });
  }

  /** Until `follow` names something. */
  #idle() {
    this.#stop();
    this.#show({ kind: "idle" });
  }

  #stop() {
    this.#drop();
    clearInterval(this.#looking);
    this.#looking = undefined;
    this.#attempt = 0;
  }

  #drop() {
    clearTimeout(this.#retry);
    this.#connection?.close();
    this.#connection = null;
    this.#pulse.stop();
    this.#feed.pause();
  }

  /** @param {ConnectionState} state */
  #show(state) {
    if (this.#isShown && isSame(this.state, state)) return;
    this.#isShown = true;
    this.state = state;
    this.#tell("connection", state);
  }

  /**
   * What a handler throws is its own affair: it must not stop the stream.
   * @param {keyof WatchHandlers} name @param {...any} news
   */
  #tell(name, ...news) {
    try {
      // @ts-expect-error each handler takes what it is told; the callers above say what that is
      this.#handlers[name]?.(...news);
    } catch (error) {
      report(error);
    }
  }
}

/** @param {ConnectionState} before @param {ConnectionState} now */
function isSame(before, now) {
  if (before.kind !== now.kind || now.kind === "reconnecting") return false;
  return !("reason" in before && "reason" in now) || before.reason === now.reason;
}
