// Whoever looks at it: level, streak and its calendar, achievements, leaderboards, account. It moves by itself.

import { h, setText } from "../dom.js";
import { atMostEvery } from "../frames.js";
import { reactTo } from "../juice/index.js";
import { isPassing, isSignedOut } from "../refusals.js";
import { texts } from "../texts.js";
import { accountCard } from "./account.js";
import { achievementsCard } from "./achievements.js";
import { boardsCard } from "./boards.js";
import { calendarCard } from "./calendar.js";
import { keepingCard } from "./keeping.js";
import { levelCard } from "./level.js";
import { Own } from "./own.js";
import { streakCard } from "./streak.js";

const said = texts.profile;
const RELOAD_MS = 2_000; // a hundred unlocks at once are one reading
const REFRESH_MS = 20_000; // what no event of one's own tells of: XP on a day that counts already, places of others, midnight

/** The page of app.me. `session` is what signing out hands back. Throws Problem | Unreachable where nothing can be read. */
export async function profilePage(app, { session = null } = {}) {
  const profile = new Profile(app, session);
  await profile.own.load();
  profile.follow();
  return { title: said.title, element: profile.element, close: () => profile.close() };
}

class Profile {
  constructor(app, session) {
    this._app = app;
    this._session = session;
    this.own = new Own(app.raidline, () => this._show());
    this._name = h("bdi", {});
    this._zone = h("p", { class: "soft" });
    this._cards = this._made(app.raidline);
    this.element = h("div", { class: "profile" },
      h("header", { class: "profile-head" }, h("h1", {}, this._name), this._zone), ...columns(this._cards));
    this._reload = atMostEvery(RELOAD_MS, () => this._read());
  }

  _made(raidline) {
    const acted = (text) => this._acted(text);
    return {
      level: levelCard(),
      streak: streakCard(raidline.rest, acted),
      keeping: keepingCard(raidline.rest, acted),
      calendar: calendarCard(),
      achievements: achievementsCard(),
      boards: boardsCard(raidline.rest),
      account: accountCard(raidline, {
        changed: (me) => this._renamed(me),
        signedOut: () => this._app.signedOut(),
        deleted: (text) => this._deleted(text),
      }),
    };
  }

  follow() {
    this._watch = this._app.raidline.watch({ raids: [], own: true }, {
      raid() {},
      gone() {},
      own: (event, data) => this._heard(event, data),
      connection: (state) => this._app.connection.show(state, () => this._watch.retryNow()),
    });
    this._timer = setInterval(() => document.hidden || this._reload(), REFRESH_MS);
  }

  close() {
    this._watch?.close();
    clearInterval(this._timer);
    this._reload.cancel();
  }

  _heard(event, data) {
    reactTo({ event, data }, { me: this._app.me });
    if (event === "streak") this.own.takeWarning(data);
    if (event !== "snapshot" || this.own.takeMe(data)) this._reload();
  }

  /** What is read in vain stays as it is: the connection says that it is away, and the next event has it read again. */
  async _read() {
    try {
      await this.own.load();
    } catch (error) {
      if (!isPassing(error) && !isSignedOut(error)) throw error;
    }
  }

  async _acted(text) {
    this._app.announce(text);
    await this._read();
  }

  _show() {
    setText(this._name, this.own.me.name);
    setText(this._zone, said.zone(this.own.me.tz));
    for (const card of Object.values(this._cards)) card.show(this.own);
  }

  async _renamed(me) {
    if (this._app.me) Object.assign(this._app.me, { name: me.name, tz: me.tz });
    await this._read();
  }

  /** Back to the start, as somebody who has never been here. */
  _deleted(text) {
    this._session?.over();
    this._app.announce(text);
    this._app.go("/");
  }
}

function columns(cards) {
  const column = (...names) => h("div", { class: "stack" }, names.map((name) => cards[name].element));
  return [column("level", "streak"), column("keeping"), cards.calendar.element, column("achievements"), column("boards", "account")];
}
