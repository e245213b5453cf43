// How others get in: the code, its link, the phone's own sharing, and a QR code.

import { h, replace, setText } from "../dom.js";
import { spelled } from "../invite_code.js";
import { texts } from "../texts.js";
import { qrCode } from "./qr.js";

const COPIED_MS = 2_000;
const READ_AGAIN_MS = 3_000; // spread, so that not all members ask at once when a code was renewed
const words = texts.room.invite;

export function inviteView(app, raidId) {
  const hint = h("p", { class: "soft small" });
  const code = h("output", { class: "figure room-code", "aria-label": words.code });
  const link = h("input", { class: "room-link", readonly: true, "aria-label": words.link, on: { focus: () => link.select() } });
  const copyCode = copyButton(words.copyCode, () => code.dataset.code, code);
  const copyLink = copyButton(words.copyLink, () => link.value, link);
  const share = h("button", { type: "button", hidden: typeof navigator.share !== "function" }, words.share);
  const picture = h("div", { class: "room-qr-card" });
  const qr = h("details", { class: "room-qr-details" }, h("summary", {}, words.showQr), picture);
  const element = h("section", { class: "card room-invite", hidden: true },
    h("h2", {}, words.title), hint,
    h("div", { class: "room-invite-ways" },
      h("div", { class: "stack" },
        h("div", { class: "room-invite-way" }, code, copyCode),
        h("div", { class: "room-invite-way" }, link, copyLink), share),
      qr));
  let title = "";
  let reading = 0;

  share.addEventListener("click", () => navigator.share({ title, text: words.shareText(title), url: link.value }).catch(() => {}));

  function show(newCode) {
    if (code.dataset.code === newCode) return;
    code.dataset.code = newCode;
    setText(code, spelled(newCode));
    link.value = `${location.origin}/r/${newCode}`;
    replace(picture, qrCode(link.value, words.qr));
  }

  /** Whoever just came in, or whose code was renewed, has to ask for it. */
  function readSoon(raid) {
    reading ||= setTimeout(async () => {
      const seen = await app.raidline.rest.raid(raidId).catch(() => null);
      reading = 0;
      if (!seen?.inviteCode) return;
      raid.inviteCode ??= seen.inviteCode;
      update(raid);
    }, Math.random() * READ_AGAIN_MS);
  }

  function update(raid) {
    const isMember = raid.members.has(app.me?.id);
    const isNeeded = isMember && !raid.over;
    element.hidden = !isNeeded || !raid.inviteCode;
    if (!isNeeded) return;
    title = raid.title;
    const recruits = raid.status === "recruiting";
    if (qr.dataset.recruits !== String(recruits)) qr.open = recruits;
    qr.dataset.recruits = String(recruits);
    setText(hint, recruits || raid.openJoin ? words.lead : words.closed);
    if (raid.inviteCode) show(raid.inviteCode);
    else readSoon(raid);
  }

  return { element, update, close: () => clearTimeout(reading) };
}

function copyButton(label, textOf, selected) {
  const button = h("button", { type: "button", "aria-live": "polite" }, label);
  let timer = 0;
  button.addEventListener("click", async () => {
    const isCopied = await copy(textOf());
    if (!isCopied) select(selected);
    setText(button, isCopied ? words.copied : words.byHand);
    clearTimeout(timer);
    timer = setTimeout(() => setText(button, label), COPIED_MS);
  });
  return button;
}

/** Without a secure context (a phone in the same Wi-Fi) there is no clipboard: then it is marked, to be copied by hand. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function select(element) {
  if (element instanceof HTMLInputElement) return element.focus();
  getSelection().selectAllChildren(element);
}
