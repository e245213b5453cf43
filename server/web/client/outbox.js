// Contributions on their way: kept in the browser until the server has answered, and counted once however often
// they are sent, for each has a key that was made when it was added.

/** @import { Rest } from "./rest.js" */
/** @import { Clock } from "./clock.js" */
/** @import { OutboxAnswer, OutboxItem } from "./types.js" */
/** @import { OutboxStore } from "./outbox_store.js" */
/** @import { Entry } from "./outbox_turns.js" */

import { attend } from "./attention.js";
import { pauseBefore } from "./backoff.js";
import { Problem, Unreachable } from "./errors.js";
import { foreignCode, problemOf, RETRY_AFTER_MAX_MS } from "./http.js";
import { newKey } from "./keys.js";
import { Turns } from "./outbox_turns.js";
import { report } from "./report.js";
import { withOffset } from "./times.js";

/** Some weeks of a busy person without a network; well within what a browser stores. */
export const ITEMS_MAX = 1_000;

const PAUSES = { shortest: 1_000, longest: 60_000 };

/** Refusals that say something about the moment or about who is signed in, and nothing about the item. */
const NOT_ABOUT_THE_ITEM = new Set([401, 403, 408, 425, 429]);

/** @param {number} status */
const isFinal = (status) => status < 500 && !NOT_ABOUT_THE_ITEM.has(status);

/** Something on the way (a proxy without its server) answers in a code of its own, and knows nothing of the item.
 * @param {Problem} problem */
const isForeign = ({ status, code }) => code === foreignCode(status);

/** @param {Problem} problem */
const isRefusal = (problem) => isFinal(problem.status) && !isForeign(problem);

export class OutboxFull extends Error {
  constructor() {
    super(`At most ${ITEMS_MAX} contributions can wait.`);
    this.name = "OutboxFull";
  }
}

export class Outbox {
  #rest;
  #clock;
  #store;
  #userId;
  #lockName;
  #turns = new Turns();
  #attempt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** What the server asked us to wait for. */
  #notBefore = 0;
  /** @type {Promise<void> | null} */
  #flushing = null;
  /** Something came while we were sending, perhaps too late for the last look. */
  #again = false;
  /** What we were sending was refused for who is signed in, or was when it was sent. */
  #isStrange = false;
  isClosed = false;
  /** @type {Set<(outbox: Outbox) => void>} */
  #changeListeners = new Set();
  /** @type {Set<(item: OutboxItem, answer: OutboxAnswer) => void>} */
  #answerListeners = new Set();
  #ending = new AbortController();

  /** @param {Rest} rest @param {Clock} clock @param {OutboxStore} store
   * @param {number} userId @param {string} lockName */
  constructor(rest, clock, store, userId, lockName) {
    this.#rest = rest;
    this.#clock = clock;
    this.#store = store;
    this.#userId = userId;
    this.#lockName = lockName;
    const stopAttending = attend((notice) => {
      if (notice !== "offline" && notice !== "hidden_away") this.flush();
    });
    this.#ending.signal.addEventListener("abort", stopAttending);
    const { signal } = this.#ending;
    globalThis.window?.addEventListener?.("storage", (event) => this.#storageChanged(event), { signal });
    if (this.waiting > 0) queueMicrotask(() => this.flush());
  }

  get waiting() {
    return this.#store.size;
  }

  /** @param {number} raidId @returns {OutboxItem[]} */
  of(raidId) {
    return this.#store.list().flatMap(({ item }) => (item.raidId === raidId ? [item] : []));
  }

  /**
   * Keeps it and sends it as soon as possible. Throws OutboxFull beyond ITEMS_MAX, TypeError for what is none.
   * @param {{raidId: number, xp: number, type?: string, taskId?: string}} contribution
   * @returns {OutboxItem}
   */
  add({ raidId, xp, type, taskId }) {
    if (![raidId, xp].every(Number.isSafeInteger)) throw new TypeError("raidId and xp are whole numbers");
    if (this.#store.size >= ITEMS_MAX) throw new OutboxFull();
    /** @type {OutboxItem} */
    const item = { key: newKey(), raidId, userId: this.#userId, xp, occurredAt: withOffset(this.#clock.now()) };
    if (type !== undefined) item.type = type;
    if (taskId !== undefined) item.taskId = taskId;
    this.#store.add(item);
    this.#changed();
    this.flush();
    return item;
  }

  /** Sends what waits. Resolves when nothing waits any longer, or when it cannot go on at the moment. */
  flush() {
    if (this.isClosed) return Promise.resolve();
    this.#again = this.#flushing !== null;
    this.#flushing ??= this.#flush();
    return this.#flushing;
  }

  /** @param {(outbox: Outbox) => void} listener @returns {() => void} */
  onChange(listener) {
    return added(this.#changeListeners, listener);
  }

  /** Called once for each item, in the tab that sent it.
   * @param {(item: OutboxItem, answer: OutboxAnswer) => void} listener @returns {() => void} */
  onAnswer(listener) {
    return added(this.#answerListeners, listener);
  }

  /** Stops sending; what waits is kept. */
  close() {
    this.isClosed = true;
    clearTimeout(this.#retry);
    this.#ending.abort();
  }

  /** One tab at a time, where the browser can see to that; elsewhere the keys make double sending harmless.
   * @param {() => Promise<void>} send @returns {Promise<void>} */
  async #alone(send) {
    const locks = globalThis.navigator?.locks;
    return locks === undefined ? send() : locks.request(this.#lockName, send);
  }

  async #flush() {
    clearTimeout(this.#retry);
    this.#isStrange = false;
    let isEmpty = false;
    try {
      await this.#alone(async () => void (isEmpty = await this.#sendAll()));
    } catch (error) {
      report(error);
    }
    this.#flushing = null;
    if (this.#again && (isEmpty || this.#isStrange)) await this.flush();
  }

  /** Returns whether nothing waits any longer. */
  async #sendAll() {
    const wait = this.#notBefore - Date.now();
    if (wait > 0 && wait <= RETRY_AFTER_MAX_MS) return this.#later(wait); // longer: the clock was set back
    for (;;) {
      const entries = this.#turns.next(this.#store.list()); // read anew: another tab may have sent some
      if (entries.length === 0 || this.isClosed) return true;
      try {
        await this.#send(entries);
        this.#attempt = 0;
        this.#turns.worked();
      } catch (error) {
        if (!this.#canGoOn(error, entries)) return false;
      }
    }
  }

  /** Throws what stops all that wait. @param {Entry[]} entries */
  async #send(entries) {
    if (entries.length === 1) return this.#sendOne(entries[0]);
    const { results } = await this.#rest.contributeAll(entries.map(({ item }) => item));
    /** @type {Problem | null} */
    let stopped = null;
    for (const [at, entry] of entries.entries()) {
      const { status, contribution, problem } = results[at];
      if (status < 300) this.#settle(entry, { ok: true, answer: contribution });
      else if (isFinal(status)) this.#settle(entry, { ok: false, problem: problemOf(problem, status) });
      else stopped ??= problemOf(problem, status);
    }
    this.#changed();
    if (stopped !== null) throw stopped;
  }

  /** @param {Entry} entry */
  async #sendOne(entry) {
    const { raidId, key, ...body } = entry.item;
    try {
      this.#settle(entry, { ok: true, answer: await this.#rest.contribute(raidId, body, key) });
    } catch (error) {
      if (!(error instanceof Problem && isRefusal(error))) throw error;
      this.#settle(entry, { ok: false, problem: error });
    }
    this.#changed();
  }

  /** What a failure means. @param {unknown} error @param {Entry[]} sent
   * @returns {boolean} whether to try again at once */
  #canGoOn(error, sent) {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
    const problem = error instanceof Problem ? error : null;
    const status = problem?.status ?? 0;
    this.#isStrange = status === 401 || status === 403;
    if (this.#isStrange) return false; // until somebody signs in; `flush` is called then
    if (sent.length > 1 && (status === 429 || (problem !== null && isFinal(status)))) {
      this.#turns.fewer(sent);
      if (status !== 429) return true;
    } else if (problem !== null && (status >= 500 || isForeign(problem))) this.#turns.failed(sent);
    const asked = problem?.retryAfterMs ?? 0;
    this.#notBefore = Date.now() + asked;
    this.#attempt += 1;
    return this.#later(Math.max(pauseBefore(this.#attempt - 1, PAUSES), asked));
  }

  /** @param {number} pauseMs */
  #later(pauseMs) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.flush(), pauseMs);
    return false;
  }

  /** @param {Entry} entry @param {OutboxAnswer} answer */
  #settle({ name, item }, answer) {
    this.#store.remove(name);
    tell(this.#answerListeners, item, answer);
  }

  /** @param {StorageEvent} event */
  #storageChanged({ key }) {
    if (this.#store.concerns(key)) this.#changed();
  }

  #changed() {
    tell(this.#changeListeners, this);
  }
}

/** @template Listener @param {Set<Listener>} listeners @param {Listener} listener */
function added(listeners, listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** @template {any[]} News @param {Set<(...news: News) => void>} listeners @param {News} news */
function tell(listeners, ...news) {
  for (const listener of [...listeners]) {
    try {
      listener(...news);
    } catch (error) {
      report(error);
    }
  }
}
