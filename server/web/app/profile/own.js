// Everything the profile shows of whoever looks at it, as the server last told it.

const YEAR_DAYS = 366;
const NEXT_LIMIT = 100;

export class Own {
  #rest;
  #changed;
  #round = 0;

  /** `changed(this)` is called after each reading that brought something. */
  constructor(raidline, changed) {
    this.me = null;
    this.streak = null;
    this.stats = new Map(); // day -> {xp, tasks, checkedIn}
    this.achievements = [];
    this.next = [];
    this.endsAt = null; // when the streak ends today, once the server warned of it
    this.#rest = raidline.rest;
    this.#changed = changed;
  }

  /** The last of the days that the server named is today where this person is. */
  get today() {
    return this.streak.days.at(-1).day;
  }

  /** Read all of it. Throws Problem or Unreachable; what was read before stays then. */
  async load() {
    const round = ++this.#round;
    const rest = this.#rest;
    const [me, days, achievements, next] = await Promise.all([
      rest.me(),
      this.#days(),
      rest.achievements(),
      rest.nextAchievements(NEXT_LIMIT),
    ]);
    if (round !== this.#round) return; // a later reading is under way, and will know better
    Object.assign(this, { me, ...days, achievements: achievements.achievements, next: next.next });
    if (this.streak.state !== "open") this.endsAt = null;
    this.#changed(this);
  }

  async #days() {
    const streak = await this.#rest.streak(YEAR_DAYS);
    const { days } = await this.#rest.stats(streak.days[0].day, streak.days.at(-1).day);
    return { streak, stats: new Map(days.map((one) => [one.day, one])) };
  }

  /** What a snapshot of one's own events says is what `/me` answers. True: there is more to read. */
  takeMe({ userId, at, ...told }) {
    const before = JSON.stringify([this.me.xp, this.me.credits, this.me.streak]);
    this.me = { ...this.me, ...told };
    return JSON.stringify([this.me.xp, this.me.credits, this.me.streak]) !== before;
  }

  takeWarning(data) {
    this.endsAt = data.state === "atRisk" ? data.endsAt : null;
  }
}
