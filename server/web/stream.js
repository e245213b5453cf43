// One raid's event stream that comes back by itself, from where it was, whatever ended it.

const EVENTS = [
  "hello", "snapshot", "sync", "status", "goaway", "presence",
  "contribution", "contribution_voided", "member_join", "member_leave", "member_update",
  "raid_update", "raid_start", "raid_complete", "raid_failed", "raid_cancelled",
];
const SILENCE_MS = 45_000; // three heartbeats
const LONGEST_PAUSE_MS = 15_000;

/**
 * handlers: event(name, data), state("live" | "connecting"), refused() when the server would not open it.
 * Returns {close(), restart()}; restart forgets the position, so that a snapshot comes.
 */
export function follow(raidId, handlers) {
  let source = null;
  let lastId = "";
  let pause = 500;
  let timer = 0;
  let silence = 0;

  function open() {
    const query = lastId === "" ? "" : `?lastEventId=${encodeURIComponent(lastId)}`;
    source = new EventSource(`/api/v1/raids/${raidId}/stream${query}`);
    source.onerror = onError;
    for (const name of EVENTS) source.addEventListener(name, onEvent);
    listen();
  }

  function onEvent(message) {
    listen();
    pause = 500;
    if (message.lastEventId !== "") lastId = message.lastEventId;
    const data = JSON.parse(message.data);
    if (message.type === "hello") handlers.state("live");
    if (message.type === "goaway") return reopen(data.retryMs ?? pause);
    handlers.event(message.type, data);
  }

  function onError() {
    handlers.state("connecting");
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again on its own
    handlers.refused();
    reopen(pause + Math.random() * pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }

  function reopen(delayMs) {
    close();
    timer = setTimeout(open, delayMs);
  }

  // A connection can be dead without an error; the heartbeat's `sync` shows that it is not.
  function listen() {
    clearTimeout(silence);
    silence = setTimeout(() => {
      handlers.state("connecting");
      reopen(0);
    }, SILENCE_MS);
  }

  function close() {
    clearTimeout(timer);
    clearTimeout(silence);
    source?.close();
  }

  function restart() {
    lastId = "";
    reopen(0);
  }

  open();
  return { close, restart };
}
