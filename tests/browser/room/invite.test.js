import { equal } from "./expect.js";

import { inviteView } from "/web/app/room/invite.js";
import { Raid } from "/web/client/index.js";

const SNAPSHOT = { id: 42, title: "Spring cleaning", status: "recruiting", epoch: 3, seq: 10, members: [{ userId: 1 }] };
const RENEWED = { raidId: 42, at: "2026-11-21T10:00:00.000Z" };

/** Asks at once, and answers when the test does. */
function invited() {
  const { random } = Math;
  Math.random = () => 0;
  const asked = [];
  const raid = () => new Promise((resolve) => asked.push(resolve));
  const view = inviteView({ me: { id: 1 }, raidline: { rest: { raid } } }, 42);
  return { view, asked, close: () => [view.close(), (Math.random = random)] };
}

async function until(condition) {
  const end = performance.now() + 30_000;
  for (;;) {
    const isOver = performance.now() > end;
    if (condition()) return;
    if (isOver) throw new Error(`not in time: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const tests = {
  async "a code that was renewed again while it was read is read again"() {
    const { view, asked, close } = invited();
    const raid = new Raid({ ...SNAPSHOT, inviteCode: "FIRSTONE" });
    raid.apply("raid_update", { ...RENEWED, seq: 11 });
    view.update(raid);
    await until(() => asked.length === 1);
    raid.apply("raid_update", { ...RENEWED, seq: 12 });
    asked[0]({ epoch: 3, seq: 11, inviteCode: "SECONDON" });
    await until(() => asked.length === 2);
    equal(raid.inviteCode, null);
    asked[1]({ epoch: 3, seq: 12, inviteCode: "THIRDONE" });
    await until(() => raid.inviteCode === "THIRDONE");
    close();
  },
};
