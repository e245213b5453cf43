// EventSource and WebSocket as the browser has them, driven by a test; `all` holds those that were opened.

export class FakeEventSource extends EventTarget {
  static all = [];
  isClosed = false;
  onerror = null;

  constructor(address) {
    super();
    this.address = address;
    this.url = new URL(address, "https://page.example");
    FakeEventSource.all.push(this);
  }

  static get last() { return this.all.at(-1); }

  close() { this.isClosed = true; }

  /** An event comes; `id` stays for those after it, as in a browser. */
  says(type, data, id = this.lastEventId ?? "") {
    this.lastEventId = id;
    this.dispatchEvent(Object.assign(new Event(type), { data: JSON.stringify(data), lastEventId: id }));
  }

  fails() { this.onerror?.(new Event("error")); }
}

export class FakeWebSocket {
  static all = [];
  static CONNECTING = 0;
  static OPEN = 1;
  readyState = 0;
  sent = [];

  constructor(url, protocols) {
    this.url = new URL(url);
    this.protocols = protocols;
    FakeWebSocket.all.push(this);
  }

  static get last() { return this.all.at(-1); }

  get isClosed() { return this.readyState > 1; }

  send(text) { this.sent.push(JSON.parse(text)); }

  close() { this.readyState = 3; }

  opens() {
    this.readyState = 1;
    this.onopen?.();
  }

  frame(frame) { this.onmessage?.({ data: JSON.stringify(frame) }); }

  says(event, data, id) { this.frame({ type: "event", raidId: data.raidId, ...(id ? { id } : {}), event, data }); }

  /** What the server ends, with its reason. */
  ends(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

export function openStreams() {
  FakeEventSource.all = [];
  FakeWebSocket.all = [];
  Object.assign(globalThis, { EventSource: FakeEventSource, WebSocket: FakeWebSocket });
}
