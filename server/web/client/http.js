// One request: its address, who is asking, how long we wait, and what its answer means.

/** @import { Clock } from "./clock.js" */

import { Problem, Unreachable } from "./errors.js";

/** Longer than the server waits for anything of its own; beyond it the connection is taken for dead. */
const PATIENCE_MS = 20_000;

/** No server of ours asks for more; a wrong header must not stop a client for a day. */
export const RETRY_AFTER_MAX_MS = 10 * 60_000;

/** @typedef {Record<string, string | number | boolean | null | undefined>} Query */

export class Http {
  /**
   * A session token or JWT for every request; null where the browser's cookie says who we are.
   * @type {string | null}
   */
  token;

  /** @param {string} origin  "" for the page's own  @param {string | null} token  @param {Clock} clock */
  constructor(origin, token, clock) {
    this.origin = origin.replace(/\/+$/, "");
    this.token = token;
    this.clock = clock;
  }

  /** Whether the server is where the page came from, so that cookies are ours to use. */
  get isOwnOrigin() {
    const { location } = globalThis;
    return location !== undefined && new URL(this.origin || "/", location.href).origin === location.origin;
  }

  /** @param {string} path  after `/api/v1`  @param {Query} [query] */
  url(path, query = {}) {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) parameters.set(name, String(value));
    }
    const text = parameters.toString();
    return `${this.origin}/api/v1${path}${text && "?"}${text}`;
  }

  /**
   * The parsed answer, null where there is none. Throws Problem | Unreachable.
   * @param {string} method
   * @param {string} path
   * @param {{query?: Query, body?: unknown, headers?: Record<string, string>, anonymous?: boolean}} [options]
   * @returns {Promise<any>}
   */
  async call(method, path, { query, body, headers = {}, anonymous = false } = {}) {
    const token = anonymous ? null : this.token;
    const sent = new Headers(headers);
    if (body !== undefined) sent.set("Content-Type", "application/json");
    if (token !== null) sent.set("Authorization", `Bearer ${token}`);
    return this.#asked(this.url(path, query), {
      method,
      headers: sent,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: token === null ? "same-origin" : "omit", // a cookie of somebody else must not speak beside the token
      cache: "no-cache", // asks each time, by ETag
    });
  }

  /** @param {string} url @param {RequestInit} request */
  async #asked(url, request) {
    const impatience = new AbortController();
    const timer = setTimeout(() => impatience.abort(), PATIENCE_MS);
    try {
      const response = await fetch(url, { ...request, signal: impatience.signal });
      this.clock.heardDate(response.headers.get("Date"));
      return read(response, await response.text());
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Unreachable(impatience.signal.aborted ? "No answer in time." : "No answer.", { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** @param {Response} response @param {string} text */
function read(response, text) {
  const content = parsed(text);
  if (!response.ok) throw problemOf(content, response.status, retryAfterMs(response.headers.get("Retry-After")));
  if (content !== undefined) return content;
  throw new Problem({ status: 502, code: "not_json", title: "The answer is not Raidline's." });
}

/** @param {string} text @returns {any}  null for nothing, undefined for what is no JSON */
function parsed(text) {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The code of a problem whose answer named none. @param {number} status */
export const foreignCode = (status) => `http_${status}`;

/**
 * A problem from its JSON; also for answers that are none, such as a proxy's page.
 * @param {any} content @param {number} status @param {number | null} [retryAfter]
 */
export function problemOf(content, status, retryAfter = null) {
  const foreign = { code: foreignCode(status), title: `The server answered ${status}.` };
  const told = typeof content?.code === "string" ? content : foreign;
  return new Problem({ ...told, status, retryAfterMs: retryAfter });
}

/** @param {string | null} header  seconds or a date @returns {number | null} */
export function retryAfterMs(header) {
  if (header === null) return null;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), RETRY_AFTER_MAX_MS);
}
