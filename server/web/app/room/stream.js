// A raid's stream: told to the view, and to whoever celebrates.

import { isolated } from "../isolated.js";
import { reactTo } from "../juice/index.js";
import { texts } from "../texts.js";

const words = texts.room;

export class RoomStream {
  title = words.title;

  #tell;

  /** Kept when it is clear what there is to show. */
  known = new Promise((resolve) => (this.#tell = resolve));

  #app;
  #view;
  #onMissing;
  #raid = null;
  #watch;

  /** `onMissing("missing" | "gone")` is called when there is no raid to show, or none any more. */
  constructor(app, raidId, view, onMissing) {
    this.#app = app;
    this.#view = view;
    this.#onMissing = onMissing;
    this.#watch = app.raidline.watch({ raids: [raidId], own: true }, {
      raid: (raid, news) => this.#hear(raid, news),
      own: (event, data) => this.#react({ event, data }),
      gone: () => this.#lose(),
      connection: (state) => this.#connection(state),
    });
  }

  close() {
    this.#watch.close();
  }

  #hear(raid, news) {
    this.#raid = raid;
    if (news.event === "snapshot") loadPast(this.#view, raid);
    else this.#happened(news);
    this.#view.update(raid);
    this.#retitle();
    this.#react(news);
    this.#tell();
  }

  #happened({ event, data }) {
    const { feed, chart } = this.#view;
    feed.note(event, data, this.#raid);
    chart.note(data);
    if (event === "raid_start") chart.load(this.#raid);
    if (words.said[event]) this.#app.announce(words.said[event]);
  }

  #react(news) {
    reactTo(news, { me: this.#app.me, raid: this.#raid, places: this.#view.places });
  }

  #connection(state) {
    this.#app.connection.show(state, () => this.#watch.retryNow());
    if (state.kind === "ended" && state.reason === "not_visible") this.#lose();
    if (state.kind === "reconnecting" || state.kind === "offline") this.#away();
  }

  /** Where nothing was seen of it yet, it is said that there will be; what was seen stays as it was. */
  #away() {
    if (this.#raid === null) this.#view.head.wait();
    this.#tell();
  }

  #lose() {
    const kind = this.#raid === null ? "missing" : "gone";
    this.title = words[kind].title;
    this.#onMissing(kind);
    this.#tell();
  }

  #retitle() {
    const title = isolated(this.#raid.title);
    if (this.title === title) return;
    this.title = title;
    if (this.#view.element.isConnected) document.title = texts.common.title(title);
  }
}

/** Before the first event, and again whenever the stream could not tell what was missed. */
function loadPast({ feed, chart }, raid) {
  feed.clear();
  chart.clear();
  feed.load(raid);
  chart.load(raid);
}
