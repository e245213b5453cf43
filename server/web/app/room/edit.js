// The leader's form: title, description, who may see it and who may join.

import { h } from "../dom.js";
import { field } from "../fields.js";
import { toast } from "../juice/index.js";
import { texts } from "../texts.js";
import { ask, attempt } from "./dialogs.js";

const TITLE_MAX = 200;
const DESCRIPTION_MAX = 2_000;
const words = texts.room.edit;

/** Asks for the changes and carries them out; what is as before is not sent. */
export async function editRaid(app, raid) {
  await ask(words.title, (close) => editForm(raid, close, async (changes, button) => {
    if (Object.keys(changes).length === 0) return close(null);
    const done = await attempt(button, () => app.raidline.rest.changeRaid(raid.id, changes));
    if (done === null) return;
    toast({ title: words.saved, kind: "info" });
    close(true);
  }));
}

function editForm(raid, close, save) {
  const fields = editFields(raid);
  const submit = h("button", { class: "main", type: "submit" }, words.save);
  const cancel = h("button", { type: "button", on: { click: () => close(null) } }, texts.common.cancel);
  const form = h("form", { class: "stack", novalidate: true }, fields.elements,
    h("div", { class: "room-dialog-buttons" }, cancel, submit));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = fields.wanted();
    if (wanted.title === "") return fields.title.refuse(words.nameWrong);
    save(changesOf(raid, wanted), submit);
  });
  return form;
}

/** Whom it lets in and who may watch is settled when it is over; what it is called is not. */
function editFields(raid) {
  const [title, description] = [titleField(raid), descriptionField(raid)];
  const shown = h("input", { type: "checkbox", name: "public", checked: raid.public });
  const open = h("input", { type: "checkbox", name: "openJoin", checked: raid.openJoin });
  const boxes = [check(shown, words.public), check(open, words.openJoin)];
  return {
    title,
    elements: [title.element, description.element, raid.over ? null : boxes],
    wanted: () => ({
      title: title.input.value.trim(),
      description: description.input.value,
      public: shown.checked,
      openJoin: open.checked,
    }),
  };
}

function check(input, label) {
  return h("label", { class: "check" }, input, label);
}

function titleField(raid) {
  const input = h("input", { maxlength: TITLE_MAX, value: raid.title, dir: "auto" });
  return field({ name: "title", id: "edit-title", label: words.name, input });
}

function descriptionField(raid) {
  const input = h("textarea", { maxlength: DESCRIPTION_MAX, rows: 4, dir: "auto" }, raid.description);
  return field({ name: "description", id: "edit-description", label: words.description, input });
}

function changesOf(raid, wanted) {
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => raid[name] !== value));
}
