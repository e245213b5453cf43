// A browser's parts, as far as the client uses them, and a server of contributions that counts each key once.

import { Problem, Unreachable } from "../../../server/web/client/errors.js";

/** A page to live in, its own for each test. */
export function openPage(navigator = {}) {
  globalThis.window = new EventTarget();
  globalThis.document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true, ...navigator }, configurable: true });
}

export function closePage() {
  for (const name of ["window", "document"]) Reflect.deleteProperty(globalThis, name);
}

/** localStorage: one for all tabs that share it. Its order is nobody's to rely on. */
export class FakeStorage {
  #items = new Map();
  get length() { return this.#items.size; }
  key(at) { return [...this.#items.keys()].reverse()[at] ?? null; }
  getItem(name) { return this.#items.get(name) ?? null; }
  setItem(name, text) { this.#items.set(name, text); }
  removeItem(name) { this.#items.delete(name); }
}

/** `next` says how the coming requests go: "lost" counts and does not answer, an Error is thrown, else as usual. */
export class FakeServer {
  next = [];
  /** What every item of this xp is answered with, by its status. */
  refuses = new Map();
  requests = [];
  counted = new Map();

  contribute(raidId, body, key) {
    this.requests.push([{ raidId, key, ...body }]);
    const { status, contribution, problem } = this.#answered({ raidId, key, ...body });
    return this.#told(() => {
      if (problem) throw new Problem(problem);
      return { ...contribution, status };
    });
  }

  contributeAll(items) {
    this.requests.push(items);
    const turn = this.next[0];
    const results = turn instanceof Error ? [] : items.map((item) => this.#answered(item));
    return this.#told(() => ({ results }));
  }

  get xp() {
    return [...this.counted.values()].reduce((sum, item) => sum + item.xp, 0);
  }

  async #told(answer) {
    await Promise.resolve();
    const turn = this.next.shift();
    if (turn instanceof Error) throw turn;
    if (turn === "lost") throw new Unreachable("cut");
    return answer();
  }

  #answered(item) {
    const status = this.refuses.get(item.xp);
    if (status) return { status, problem: { status, code: "refused", title: "No" } };
    if (!(this.next[0] instanceof Error)) this.counted.set(item.key, item);
    return { status: 201, contribution: { contributionId: item.key, outcome: "accepted" } };
  }
}

/** navigator.locks, as far as one name goes. */
export class FakeLocks {
  #last = Promise.resolve();
  request(_, run) {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

export const problem = (status, retryAfterMs = null) =>
  new Problem({ status, code: "refused", title: "No", retryAfterMs });

/** Waits, with deadlines and in real time, until `condition` is truthy. */
export async function eventually(condition, deadlineMs = 30_000) {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const isOver = performance.now() > end;
    if (condition()) return;
    if (isOver) throw new Error(`not within ${deadlineMs} ms: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Everything that can happen without time passing has happened. */
export async function quiet() {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
