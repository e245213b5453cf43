// What the server would say.

export const snapshot = (fields = {}) => ({
  id: 42,
  title: "Spring cleaning",
  description: "All of it",
  status: "active",
  public: false,
  openJoin: false,
  targetXp: 100,
  targetTasks: 10,
  currentXp: 90,
  currentTasks: 8,
  maxMembers: 4,
  maxXpPerContribution: 10_000,
  leaderId: 1,
  createdAt: "2026-11-21T09:00:00.000Z",
  startedAt: "2026-11-21T09:30:00.000Z",
  endedAt: null,
  deadline: "2026-11-22T09:30:00.000Z",
  epoch: 3,
  seq: 10,
  cursor: "3-10",
  members: [
    { userId: 1, username: "Ann", role: "leader", xpContributed: 60, tasksContributed: 5, isOnline: true, joinedAt: "2026-11-21T09:00:00.000Z" },
    { userId: 2, username: "Ben", role: "member", xpContributed: 30, tasksContributed: 3, isOnline: false, joinedAt: "2026-11-21T09:10:00.000Z" },
  ],
  ...fields,
});

/** The data of the event after that snapshot. */
export const event = (fields = {}) => ({ raidId: 42, at: "2026-11-21T10:00:00.000Z", seq: 11, ...fields });

export const contribution = (seq, fields = {}) =>
  event({ seq, contributionId: `c${seq}`, userId: 2, xp: 1, contributionType: "task_complete", currentXp: 80 + seq, currentTasks: seq, xpContributed: 20 + seq, tasksContributed: seq, ...fields });
