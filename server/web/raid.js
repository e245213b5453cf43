// A raid as its stream tells it. Every total in it came from the server as a total; nothing is added up.

const ENDS = { raid_complete: "completed", raid_failed: "failed", raid_cancelled: "cancelled" };

export class Raid {
  constructor(snapshot) {
    Object.assign(this, snapshot);
    this.members = new Map(snapshot.members.map((member) => [member.userId, { ...member }]));
  }

  get over() {
    return Object.values(ENDS).includes(this.status);
  }

  /** "applied", "known" for what we have already, "gap" when something before it is missing. */
  apply(event, data) {
    if (event === "presence") return this.#presence(data);
    if (data.seq <= this.seq) return "known";
    if (data.seq !== this.seq + 1) return "gap";
    this.seq = data.seq;
    this.#change(event, data);
    return "applied";
  }

  nameOf(userId) {
    return this.members.get(userId)?.username ?? `user ${userId}`;
  }

  #change(event, data) {
    if (event in ENDS) this.status = ENDS[event];
    if (event === "raid_start") this.status = "active";
    if (event === "member_join") this.members.set(data.userId, { ...data });
    if (event === "member_leave") this.members.delete(data.userId);
    for (const name of ["currentXp", "currentTasks", "title", "description", "deadline", "leaderId"]) {
      if (name in data) this[name] = data[name];
    }
    const member = this.members.get(data.userId);
    if (member === undefined) return;
    for (const name of ["xpContributed", "tasksContributed", "username", "role"]) {
      if (name in data) member[name] = data[name];
    }
  }

  #presence({ online, offline }) {
    for (const [ids, isOnline] of [[online, true], [offline, false]]) {
      for (const id of ids ?? []) {
        const member = this.members.get(id);
        if (member !== undefined) member.isOnline = isOnline;
      }
    }
    return "applied";
  }
}
