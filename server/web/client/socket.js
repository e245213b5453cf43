// One WebSocket: everything that is followed on one connection, each resumed by its own position.

/** @import { Topic } from "./feed.js" */
/** @import { EndReason } from "./types.js" */

import { Connection } from "./connection.js";

const SUBPROTOCOL = "raidline.v1";

/** Close codes after which coming back is of no use; all others are.
 * @type {Record<number, EndReason>} */
const FINAL = { 3500: "signed_out", 3504: "too_many", 3507: "not_visible" };

/** Refusals of a subscription that say that there is nothing to see. */
const NOT_VISIBLE = new Set(["not_found", "no_permission", "not_member"]);

/** Answers to subscribing twice: what was wanted is so already. */
const HARMLESS = new Set(["already_subscribed", "not_subscribed"]);

export class SocketConnection extends Connection {
  /** @type {WebSocket | null} */
  #socket = null;
  #lastRef = 0;
  /** Subscriptions that were asked for: at most as many as are followed. @type {Map<number, Topic>} */
  #asked = new Map();
  /** @type {Set<number>} */
  #followed = new Set();

  /** @param {ConstructorParameters<typeof Connection>} given */
  constructor(...given) {
    super(...given);
    const { http, rest } = this;
    this.open(() => rest.streamTicket(), (ticket) => {
      this.#listen(new URL(http.url("/ws", { ticket }), globalThis.location?.href));
    });
  }

  /** @override */
  close() {
    super.close();
    this.#socket?.close();
  }

  /** @returns {boolean} whether it could be done in the same connection */
  change() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return this.#socket?.readyState === WebSocket.CONNECTING;
    for (const id of this.#followed) if (!this.feed.wanted.has(id)) this.#unsubscribe(id);
    for (const id of this.feed.wanted) if (!this.#followed.has(id)) this.#subscribe(id);
    return true;
  }

  ping() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#say({ type: "ping" });
  }

  /** @param {URL} url */
  #listen(url) {
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, [SUBPROTOCOL]);
    this.#socket = socket;
    socket.onopen = () => this.#begin();
    socket.onmessage = (message) => {
      if (!this.isClosed) this.#hear(JSON.parse(message.data));
    };
    socket.onclose = ({ code }) => this.#end(code);
  }

  #begin() {
    if (this.isClosed) return;
    if (this.feed.own) this.#subscribe("own");
    for (const id of this.feed.wanted) this.#subscribe(id);
  }

  /** @param {any} frame */
  #hear(frame) {
    const { type, event, data } = frame;
    if (type === "event") {
      const raidId = frame.raidId ?? null;
      const own = raidId === null && event !== "goaway";
      this.listener.frame({ event, data, own, raidId, position: frame.id ?? "" });
    } else if (type === "error") this.#refused(frame);
    else this.#answered(frame);
  }

  /** That something answers is a sign of life, and no more. @param {any} frame */
  #answered({ ref }) {
    this.#asked.delete(ref);
    this.listener.frame({ event: "reply", data: {}, own: false, raidId: null, position: "" });
  }

  /** @param {any} frame */
  #refused({ ref, raidId, code, detail }) {
    const topic = this.#asked.get(ref) ?? raidId;
    this.#asked.delete(ref);
    if (topic === undefined || HARMLESS.has(code)) return;
    if (topic !== "own" && NOT_VISIBLE.has(code)) {
      this.#followed.delete(topic);
      this.listener.frame({ event: "gone", data: { reason: detail }, own: false, raidId: topic, position: "" });
    } else this.#fail(); // not possible at the moment: all of it again, later
  }

  /** @param {Topic} topic */
  #subscribe(topic) {
    if (topic !== "own") this.#followed.add(topic);
    const since = this.feed.positionOf(topic);
    const ref = this.#say({ type: "subscribe", ...named(topic), ...(since === null ? {} : { since }) });
    this.#asked.set(ref, topic);
  }

  /** @param {number} raidId */
  #unsubscribe(raidId) {
    this.#followed.delete(raidId);
    this.#say({ type: "unsubscribe", raidId });
  }

  /** @param {object} frame @returns {number} its mark */
  #say(frame) {
    this.#lastRef += 1;
    this.#socket?.send(JSON.stringify({ ...frame, ref: this.#lastRef }));
    return this.#lastRef;
  }

  #fail() {
    this.close();
    this.listener.ended({ kind: "lost" });
  }

  /** @param {number} code */
  #end(code) {
    if (this.isClosed) return;
    this.isClosed = true;
    const reason = FINAL[code];
    this.listener.ended(reason === undefined ? { kind: "lost" } : { kind: "over", reason });
  }
}

/** @param {Topic} topic */
const named = (topic) => (topic === "own" ? { own: true } : { raidId: topic });
