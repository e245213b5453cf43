// For who looks on at a public raid, or found none: the way in by a code.

import { h, setText } from "../dom.js";
import { field, whileBusy } from "../fields.js";
import { codeFrom } from "../invite_code.js";
import { joinByCode } from "../joining.js";
import { texts } from "../texts.js";

const words = texts.room.watcher;

export function watcherView(app) {
  const lead = h("p", { class: "soft" });
  const form = codeForm(app);
  const element = h("section", { class: "card room-watcher", hidden: true }, h("h2", {}, words.title), lead, form);
  return {
    element,
    update(raid) {
      element.hidden = raid.members.has(app.me?.id);
      form.hidden = raid.over;
      setText(lead, raid.over ? words.over : words[raid.status]);
    },
  };
}

export function codeForm(app) {
  const input = h("input", { autocomplete: "off", autocapitalize: "characters", spellcheck: "false" });
  const code = field({ name: "code", id: "room-join-code", label: words.code, input });
  const join = h("button", { type: "submit" }, words.join);
  const form = h("form", { class: "room-code-form", novalidate: true }, code.element, join);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(join, async () => {
      const entered = codeFrom(code.input.value);
      const refusal = entered === "" ? words.empty : await joinByCode(app, entered);
      if (refusal !== null) code.refuse(refusal);
    });
  });
  return form;
}
