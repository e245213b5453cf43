// Everything the profile shows of whoever looks at it, as the server last told it.

const YEAR_DAYS = 366;
const NEXT_LIMIT = 100;

export class Own {
  /** `changed(this)` is called after each reading that brought something. */
  constructor(raidline, changed) {
    this.me = null;
    this.streak = null;
    this.stats = new Map(); // day -> {xp, tasks, checkedIn}
    this.achievements = [];
    this.next = [];
    this.endsAt = null; // when the streak ends today, once the server warned of it
    this._rest = raidline.rest;
    this._changed = changed;
    this._round = 0;
  }

  /** The last of the days that the server named is today where this person is. */
  get today() {
    return this.streak.days.at(-1).day;
  }

  /** Read all of it. Throws Problem or Unreachable; what was read before stays then. */
  async load() {
    const round = ++this._round;
    const rest = this._rest;
    const [me, days, achievements, next] = await Promise.all([
      rest.me(),
      this._days(),
      rest.achievements(),
      rest.nextAchievements(NEXT_LIMIT),
    ]);
    if (round !== this._round) return; // a later reading is under way, and will know better
    Object.assign(this, { me, ...days, achievements: achievements.achievements, next: next.next });
    if (this.streak.state !== "open") this.endsAt = null;
    this._changed(this);
  }

  async _days() {
    const streak = await this._rest.streak(YEAR_DAYS);
    const { days } = await this._rest.stats(streak.days[0].day, streak.days.at(-1).day);
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
