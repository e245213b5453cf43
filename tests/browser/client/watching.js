// A watch over fake streams, and all that its handlers were told.

import { mock } from "node:test";

import { Clock } from "../../../server/web/client/clock.js";
import { Http } from "../../../server/web/client/http.js";
import { Watch } from "../../../server/web/client/watch.js";
import { FakeEventSource, FakeWebSocket, openStreams } from "./fake_streams.js";
import { closePage, openPage, quiet } from "./fakes.js";
import { snapshot } from "./samples.js";

export const AT = "2026-11-21T12:00:00.000Z";
const watches = [];

export function begin() {
  openPage();
  openStreams();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: Date.parse(AT) });
}

export function end() {
  for (const watch of watches.splice(0)) watch.close();
  closePage();
  mock.timers.reset();
  mock.restoreAll();
}

/** Answers are given by the test: a function per method that is asked. */
export function watching(interest, { rest = {}, token = null, transport = "sse", ...handlers } = {}) {
  const clock = new Clock();
  const heard = { raid: [], own: [], gone: [], states: [], asked: [] };
  const asked = new Proxy({}, {
    get: (_, name) => async (...given) => {
      heard.asked.push([name, ...given]);
      return (rest[name] ?? (() => ({ raids: {}, ticket: `t${heard.asked.length}` })))(...given);
    },
  });
  const watch = new Watch({ http: new Http("https://raids.example", token, clock), rest: asked, clock, transport }, interest, {
    raid: (raid, { event, data }) => heard.raid.push([raid.id, event, data.seq ?? null]),
    own: (event, data) => heard.own.push([event, data]),
    gone: (id) => heard.gone.push(id),
    connection: (state) => heard.states.push(state.kind),
    ...handlers,
  });
  watches.push(watch);
  return { watch, heard, clock };
}

export const stream = () => FakeEventSource.last;
export const socket = () => FakeWebSocket.last;
export const openings = () => FakeEventSource.all.length;

/** The stream says hello and shows a raid. */
export function greets(source, fields = {}) {
  const shown = snapshot(fields);
  const cursor = `${shown.epoch}-${shown.seq}`;
  source.says("hello", { raidId: shown.id, at: AT, recovered: "none", head: cursor, from: null });
  source.says("snapshot", { raidId: shown.id, at: AT, ...shown }, cursor);
}

/** Time passes, and all that comes of it happens. */
export async function after(ms) {
  mock.timers.tick(ms);
  await quiet();
}

/** One raid, followed and live. */
export async function live(interest = { raids: [42] }, options = {}) {
  const one = watching(interest, options);
  await quiet();
  greets(stream());
  return one;
}
