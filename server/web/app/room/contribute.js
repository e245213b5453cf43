// Contributing: quick buttons under the thumb, a form for the rest, and what became of what was sent.

import { h, replace, setText } from "../dom.js";
import { perFrame } from "../frames.js";
import { reactTo, toast } from "../juice/index.js";
import { refusalOf } from "../refusals.js";
import { texts } from "../texts.js";
import { amounts, USUAL_CAP } from "./amounts.js";
import { contributeForm } from "./contribute_form.js";
import { figure, short } from "./figures.js";
import { SentItems } from "./sent_items.js";

const PRESSED_MS = 600;
const LONG = 1_000; // from here on figures need a smaller size
const words = texts.room.contribute;

export function contributeView(app, raidId) {
  const items = new SentItems();
  const quick = h("div", { class: "room-quick", role: "group", "aria-label": words.quick });
  const list = h("ul", { class: "room-sent", "aria-label": words.list });
  const waiting = h("p", { class: "soft small", hidden: true });
  const form = contributeForm(contribute);
  const more = h("button", { type: "button", class: "room-more", "aria-expanded": "false", on: { click: () => open(!isOpen()) } }, words.more);
  const element = h("section", { class: "card room-contribute", "aria-label": words.title },
    h("h2", {}, words.title), form.element, list, waiting, h("div", { class: "room-quick-row" }, quick, more));
  let raid = null;
  let cap = Infinity;

  const draw = perFrame(() => {
    replace(list, items.shown.map(itemLine));
    list.hidden = items.shown.length === 0;
    const count = app.outbox?.of(raidId).length ?? 0;
    waiting.hidden = count === 0;
    setText(waiting, words.waitingCount(count));
  });

  /** Stored at once, sent as soon as can be. True when it is under way. */
  function contribute(contribution) {
    try {
      items.waiting([app.outbox.add({ raidId, ...contribution })]);
    } catch {
      toast({ title: words.full, kind: "bad" });
      return false;
    }
    draw();
    return true;
  }

  function answered(item, answer) {
    if (item.raidId !== raidId) return;
    if (answer.ok) items.sent(item);
    else refuse(item, answer.problem);
    draw();
  }

  function refuse(item, problem) {
    const why = refusalOf(problem, texts.room.refused);
    if (problem.code === "xp_above_cap") learnCap(item.xp - 1);
    items.refused(item, why);
    app.announce(words.refusedSpoken(figure(item.xp), why));
    reactTo({ event: "refused", data: {} }, { me: app.me, raid, places: { act: list } });
  }

  /** The raid does not say its cap; a refusal does, roughly. */
  function learnCap(most) {
    cap = Math.max(1, Math.min(cap, most));
    if (raid !== null) update(raid);
  }

  function update(ofRaid) {
    raid = ofRaid;
    const most = Math.min(cap, raid.maxXpPerContribution ?? USUAL_CAP);
    const wanted = amounts(raid.targetXp, most);
    form.update(raid.maxXpPerContribution ?? cap, wanted[0]);
    if (quick.dataset.amounts === String(wanted)) return;
    quick.dataset.amounts = String(wanted);
    replace(quick, wanted.map((xp) => quickButton(xp, contribute)));
  }

  const isOpen = () => element.classList.contains("is-open");
  function open(isNow) {
    element.classList.toggle("is-open", isNow);
    more.setAttribute("aria-expanded", String(isNow));
    setText(more, isNow ? words.less : words.more);
    if (isNow) form.focus();
  }
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    open(false);
    more.focus();
  });

  items.waiting(app.outbox?.of(raidId) ?? []);
  const offs = [app.outbox?.onAnswer(answered), app.outbox?.onChange(draw)];
  draw();
  return { element, update, close: () => [draw.cancel, ...offs].forEach((off) => off?.()) };
}

function quickButton(xp, contribute) {
  const button = h("button", { type: "button", class: `main ${xp >= LONG ? "is-long" : ""}`, "aria-label": words.amountSpoken(figure(xp)) },
    h("span", { class: "figure" }, words.amount(short(xp))), h("small", {}, words.xp));
  button.addEventListener("click", () => contribute({ xp }) && pressed(button));
  return button;
}

function pressed(button) {
  button.classList.add("is-pressed");
  clearTimeout(button.rest);
  button.rest = setTimeout(() => button.classList.remove("is-pressed"), PRESSED_MS);
}

function itemLine({ xp, state, why }) {
  const told = { waiting: navigator.onLine ? words.sending : words.waiting, sent: words.sent, refused: words.refused(why) };
  return h("li", { data: { state } }, h("b", { class: "figure" }, words.item(short(xp))), " ", told[state]);
}
