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
const REFRESH_MS = 20_000; // no own event tells of XP on a day that counts already, places of others, midnight

/** The page of app.me. `session` is what signing out hands back. Throws Problem | Unreachable where nothing is read. */
export async function profilePage(app, { session = null } = {}) {
  const profile = new Profile(app, session);
  await profile.own.load();
  profile.follow();
  return { title: said.title, element: profile.element, close: () => profile.close() };
}

class Profile {
  #app;
  #session;
  #name;
  #zone;
  #cards;
  #reload;
  #watch;
  #timer;

  constructor(app, session) {
    this.#app = app;
    this.#session = session;
    this.own = new Own(app.raidline, () => this.#show());
    this.#name = h("bdi", {});
    this.#zone = h("p", { class: "soft" });
    this.#cards = this.#made(app.raidline);
    this.element = h("div", { class: "profile" },
      h("header", { class: "profile-head" }, h("h1", {}, this.#name), this.#zone), ...columns(this.#cards));
    this.#reload = atMostEvery(RELOAD_MS, () => this.#read());
  }

  #made(raidline) {
    const acted = (text) => this.#acted(text);
    return {
      level: levelCard(),
      streak: streakCard(raidline.rest, acted),
      keeping: keepingCard(raidline.rest, acted),
      calendar: calendarCard(),
      achievements: achievementsCard(),
      boards: boardsCard(raidline.rest),
      account: accountCard(raidline, {
        changed: (me) => this.#renamed(me),
        signedOut: () => this.#app.signedOut(),
        deleted: (text) => this.#deleted(text),
      }),
    };
  }

  follow() {
    this.#watch = this.#app.raidline.watch({ raids: [], own: true }, {
      raid() {},
      gone() {},
      own: (event, data) => this.#heard(event, data),
      connection: (state) => this.#app.connection.show(state, () => this.#watch.retryNow()),
    });
    this.#timer = setInterval(() => document.hidden || this.#reload(), REFRESH_MS);
  }

  close() {
    this.#watch?.close();
    clearInterval(this.#timer);
    this.#reload.cancel();
  }

  #heard(event, data) {
    reactTo({ event, data }, { me: this.#app.me });
    if (event === "streak") this.own.takeWarning(data);
    if (event !== "snapshot" || this.own.takeMe(data)) this.#reload();
  }

  /** What is read in vain stays as it is: the connection says that it is away, and the next event has it read again. */
  async #read() {
    try {
      await this.own.load();
    } catch (error) {
      if (!isPassing(error) && !isSignedOut(error)) throw error;
    }
  }

  async #acted(text) {
    this.#app.announce(text);
    await this.#read();
  }

  #show() {
    setText(this.#name, this.own.me.name);
    setText(this.#zone, said.zone(this.own.me.tz));
    for (const card of Object.values(this.#cards)) card.show(this.own);
  }

  async #renamed(me) {
    if (this.#app.me) Object.assign(this.#app.me, { name: me.name, tz: me.tz });
    await this.#read();
  }

  /** Back to the start, as somebody who has never been here. */
  #deleted(text) {
    this.#session?.over();
    this.#app.announce(text);
    this.#app.go("/");
  }
}

function columns(cards) {
  const column = (...names) => h("div", { class: "stack" }, names.map((name) => cards[name].element));
  const [first, second, third] = [column("level", "streak"), column("keeping"), column("achievements")];
  return [first, second, cards.calendar.element, third, column("boards", "account")];
}
