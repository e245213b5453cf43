// A new raid. The dialog keeps what was typed until it is made, also when it is closed in between.

import { createFields } from "./create_fields.js";
import { h, setText } from "./dom.js";
import { refuseFields, whileBusy } from "./fields.js";
import { errorsInWords, isSignedOut, refusalOf } from "./refusals.js";
import { texts } from "./texts.js";

const words = texts.create;

/** { element, open() } */
export function createDialog(app) {
  const fields = createFields();
  const parts = dialogParts(fields);
  const { element, form, wrong, submitButton } = parts;
  form.addEventListener("submit", submit);

  function submit(event) {
    event.preventDefault();
    wrong.hidden = true;
    const errors = fields.wrong();
    if (errors.length > 0) return refuseFields(fields.all, errors);
    return whileBusy(submitButton, () => make().catch(refused));
  }

  async function make() {
    const raid = await app.raidline.rest.createRaid(fields.body());
    element.close();
    await app.go(`/raids/${raid.id}`);
  }

  function refused(error) {
    if (isSignedOut(error)) return app.signedOut();
    const errors = errorsInWords(error.errors ?? [], words.refused);
    const unplaced = refuseFields(fields.all, errors);
    if (unplaced.length === 0 && errors.length > 0) return;
    setText(wrong, refusalOf(error));
    wrong.hidden = false;
  }

  return { element, open: () => element.showModal() };
}

function dialogParts(fields) {
  const wrong = h("p", { class: "form-error", role: "alert", hidden: true });
  const submitButton = h("button", { class: "main", type: "submit" }, words.submit);
  const closeButton = h("button", { type: "button", on: { click: () => element.close() } }, texts.common.cancel);
  const actions = h("div", { class: "dialog-actions" }, closeButton, submitButton);
  const form = h("form", { class: "stack", novalidate: true }, rows(fields), wrong, actions);
  const heading = h("h2", { id: "create-heading" }, words.title);
  const inner = h("div", { class: "sheet-inner" }, heading, h("p", { class: "soft" }, words.lead), form);
  const element = h("dialog", { class: "sheet", "aria-labelledby": heading.id }, inner);
  return { element, form, wrong, submitButton };
}

function rows({ named, targets, limits, boxes }) {
  const elements = (fields) => fields.map(({ element }) => element);
  const targetsHint = h("p", { class: "field-hint soft small" }, words.targetsHint);
  return [
    elements(named),
    h("div", { class: "two-columns" }, elements(targets), targetsHint),
    h("div", { class: "two-columns" }, elements(limits)),
    elements(boxes),
  ];
}
