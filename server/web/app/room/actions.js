// What one can do with the raid as such: start it, leave it; for the leader also edit, a new code, cancel.

import { h, setText } from "../dom.js";
import { toast } from "../juice/index.js";
import { texts } from "../texts.js";
import { attempt, confirmed } from "./dialogs.js";
import { editRaid } from "./edit.js";

/** Before the start: for the leader the button, for others whom they wait for. */
export function startView(app, raidId) {
  const words = texts.room.start;
  const lead = h("p", { class: "soft" });
  const button = h("button", { type: "button", class: "main room-start-button" }, words.button);
  const element = h("section", { class: "card room-start", hidden: true }, h("h2", {}, words.title), lead, button);
  let raid = null;
  button.addEventListener("click", async () => {
    const text = raid.openJoin ? words.text : [words.text, words.closes];
    const isSure = await confirmed({ title: words.question, text, yes: words.button });
    if (isSure) await attempt(button, () => app.raidline.rest.start(raidId));
  });
  return {
    element,
    update(ofRaid) {
      raid = ofRaid;
      const leads = raid.leaderId === app.me?.id;
      element.hidden = raid.status !== "recruiting";
      button.hidden = !leads;
      setText(lead, leads ? words.leader : words.member(raid.nameOf(raid.leaderId)));
    },
  };
}

export function manageView(app, raidId) {
  const words = texts.room.manage;
  let raid = null;
  const edit = action(words.edit, () => editRaid(app, raid));
  const code = action(words.newCode, () => renewCode(app, raid, code));
  const leave = action(words.leave, () => leaveRaid(app, raid, leave));
  const cancel = action(words.cancel, () => cancelRaid(app, raid, cancel), "danger");
  const element = h("section", { class: "card room-manage", hidden: true },
    h("h2", {}, words.title), h("div", { class: "row" }, edit, code, leave, cancel));
  return {
    element,
    update(ofRaid) {
      raid = ofRaid;
      const leads = raid.leaderId === app.me?.id;
      element.hidden = !raid.members.has(app.me?.id) || (raid.over && !leads);
      edit.hidden = !leads;
      code.hidden = cancel.hidden = !leads || raid.over;
      leave.hidden = raid.over;
    },
  };
}

function action(label, run, look = null) {
  return h("button", { type: "button", class: look, on: { click: run } }, label);
}

async function renewCode(app, raid, button) {
  const words = texts.room.manage;
  if (!(await confirmed({ title: words.newCodeQuestion, text: words.newCodeText, yes: words.newCode }))) return;
  const answer = await attempt(button, () => app.raidline.rest.newInviteCode(raid.id));
  if (answer === null) return;
  raid.inviteCode = answer.inviteCode;
  toast({ title: words.newCodeDone, kind: "info" });
}

async function leaveRaid(app, raid, button) {
  const words = texts.room.manage;
  const text = raid.leaderId === app.me?.id ? [words.leaveText, words.leaveLeader] : words.leaveText;
  if (!(await confirmed({ title: words.leaveQuestion, text, yes: words.leave, no: words.stay, danger: true }))) return;
  if ((await attempt(button, () => app.raidline.rest.leave(raid.id))) !== null) app.go("/");
}

async function cancelRaid(app, raid, button) {
  const words = texts.room.manage;
  const answers = { yes: words.cancel, no: words.keep, danger: true };
  if (!(await confirmed({ title: words.cancelQuestion, text: words.cancelText, ...answers }))) return;
  await attempt(button, () => app.raidline.rest.cancel(raid.id));
}
