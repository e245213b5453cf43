// How others get in: the code, its link, the phone's own sharing, and a QR code.

import { h, replace, setText } from "../dom.js";
import { spelled } from "../invite_code.js";
import { texts } from "../texts.js";
import { copyButton } from "./copy_button.js";
import { qrCode } from "./qr.js";

const READ_AGAIN_MS = 3_000; // spread, so that not all members ask at once when a code was renewed
const words = texts.room.invite;

export function inviteView(app, raidId) {
  const parts = inviteParts();
  const { element, hint, qr } = parts;
  let title = "";
  let reading = 0;

  parts.share.addEventListener("click", () => {
    navigator.share({ title, text: words.shareText(title), url: parts.link.value }).catch(() => {}); // not after all
  });

  /** Whoever just came in, or whose code was renewed, has to ask for it. */
  function readSoon(raid) {
    reading ||= setTimeout(async () => {
      const seen = await app.raidline.rest.raid(raidId).catch(() => null);
      reading = 0;
      if (!seen?.inviteCode) return;
      // Read before it was renewed once more: that code opens nothing, and `update` has it read again.
      const isOld = seen.epoch === raid.epoch && seen.seq < raid.inviteCodeSeq;
      if (!isOld) raid.inviteCode ??= seen.inviteCode;
      update(raid);
    }, Math.random() * READ_AGAIN_MS);
  }

  function update(raid) {
    const isNeeded = raid.members.has(app.me?.id) && !raid.over;
    element.hidden = !isNeeded || !raid.inviteCode;
    if (!isNeeded) return;
    title = raid.title;
    const recruits = raid.status === "recruiting";
    openFor(qr, recruits);
    setText(hint, recruits || raid.openJoin ? words.lead : words.closed);
    if (raid.inviteCode) show(parts, raid.inviteCode);
    else readSoon(raid);
  }

  return { element, update, close: () => clearTimeout(reading) };
}

function inviteParts() {
  const hint = h("p", { class: "soft small" });
  const code = h("output", { class: "figure room-code", "aria-label": words.code });
  const link = h("input", { class: "room-link", readonly: true, "aria-label": words.link });
  link.addEventListener("focus", () => link.select());
  const share = h("button", { type: "button", hidden: typeof navigator.share !== "function" }, words.share);
  const picture = h("div", { class: "room-qr-card" });
  const qr = h("details", { class: "room-fold room-qr-details" }, h("summary", {}, words.showQr), picture);
  const ways = h("div", { class: "stack" }, hint,
    h("div", { class: "room-invite-way" }, code, copyButton(words.copyCode, () => code.dataset.code, code)),
    h("div", { class: "room-invite-way" }, link, copyButton(words.copyLink, () => link.value, link)), share);
  const element = h("section", { class: "card room-invite", hidden: true },
    h("h2", {}, words.title), h("div", { class: "room-invite-ways" }, ways, qr));
  return { element, hint, code, link, share, picture, qr };
}

function show({ code, link, picture }, newCode) {
  if (code.dataset.code === newCode) return;
  code.dataset.code = newCode;
  setText(code, spelled(newCode));
  link.value = `${location.origin}/r/${newCode}`;
  replace(picture, qrCode(link.value, words.qr));
}

/** Open while people are wanted; after that as whoever looks at it left it. */
function openFor(qr, recruits) {
  if (qr.dataset.recruits === String(recruits)) return;
  qr.open = recruits;
  qr.dataset.recruits = String(recruits);
}
