// Contributing: quick buttons under the thumb, a form for the rest, and what became of what was sent.

import { h } from "../dom.js";
import { figure } from "../figures.js";
import { reactTo, toast } from "../juice/index.js";
import { refusalOf } from "../refusals.js";
import { texts } from "../texts.js";
import { amounts } from "./amounts.js";
import { contributeForm } from "./contribute_form.js";
import { drawerButton } from "./drawer.js";
import { quickButtons } from "./quick_buttons.js";
import { sentList } from "./sent_list.js";

const words = texts.room.contribute;

export function contributeView(app, raidId) {
  const sent = sentList(app, raidId);
  const contribute = contributing(app, raidId, sent);
  const quick = quickButtons(contribute);
  const form = contributeForm(contribute);
  const element = card(quick, form, sent);
  let raid = null;

  function update(ofRaid) {
    raid = ofRaid;
    const wanted = amounts(raid.targetXp, raid.maxXpPerContribution);
    form.update(raid.maxXpPerContribution, wanted[0]);
    quick.show(wanted);
  }

  const off = app.outbox?.onAnswer(answering(app, raidId, sent, () => raid));
  return { element, update, close: () => [sent.close, off].forEach((stop) => stop?.()) };
}

function card(quick, form, sent) {
  const drawer = drawerButton(() => element, form.focus);
  const element = h("section",
    { class: "card room-contribute", "aria-label": words.title, on: { keydown: drawer.escape } },
    h("h2", {}, words.title), form.element, sent.list, sent.waiting,
    h("div", { class: "room-quick-row" }, quick.element, drawer.button));
  return element;
}

/** Stored at once, sent as soon as can be. True when it is under way. */
function contributing(app, raidId, sent) {
  return (contribution) => {
    try {
      sent.items.waiting([app.outbox.add({ raidId, ...contribution })]);
    } catch {
      toast({ title: words.full, kind: "bad" });
      return false;
    }
    sent.draw();
    return true;
  };
}

/** What the server said of one of this raid. */
function answering(app, raidId, sent, raid) {
  return (item, answer) => {
    if (item.raidId !== raidId) return;
    if (answer.ok) sent.items.sent(item);
    else refused(app, raid(), sent, item, answer.problem);
    sent.draw();
  };
}

function refused(app, raid, sent, item, problem) {
  const why = refusalOf(problem, texts.room.refused);
  sent.items.refused(item, why);
  app.announce(words.refusedSpoken(figure(item.xp), why));
  reactTo({ event: "refused", data: {} }, { me: app.me, raid, places: { act: sent.list } });
}
