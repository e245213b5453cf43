// Which page of a leaderboard is looked at. The server leads downwards from any place; upwards it widens around me,
// as far as one page goes, and then begins at the top.

const AROUND = [11, 31, 99];
const PAGE = 20;

export class BoardPages {
  #trail;

  constructor() {
    this.aroundMe();
  }

  /** What to ask the server for. */
  get query() {
    return this.#trail.at(-1);
  }

  aroundMe() {
    this.#trail = [{ around: "me", limit: AROUND[0] }];
  }

  top() {
    this.#trail = [{ limit: PAGE }];
  }

  lower(cursor) {
    this.#trail.push({ cursor, limit: PAGE });
  }

  /** Back where we came from, else more of those before me, else the top. */
  higher() {
    if (this.#trail.length > 1) return void this.#trail.pop();
    const wider = AROUND.find((limit) => limit > (this.query.around ? this.query.limit : AROUND.at(-1)));
    if (wider === undefined) return this.top();
    this.#trail = [{ around: "me", limit: wider }];
  }

  get isAroundMe() {
    return this.query.around === "me";
  }
}
