// A new raid. The dialog keeps what was typed until it is made, also when it is closed in between.

import { h, setText } from "./dom.js";
import { checkbox, field, refuseFields, whileBusy } from "./fields.js";
import { isSignedOut, refusalOf } from "./refusals.js";
import { texts } from "./texts.js";

const words = texts.create;
const SUM_MAX = 10 ** 12;

/** { element, open() } */
export function createDialog(app) {
  const fields = textFields();
  const [targets, limits] = numberFields();
  const numbers = [...targets, ...limits];
  const boxes = checkboxes();
  const wrong = h("p", { class: "form-error", role: "alert", hidden: true });
  const submitButton = h("button", { class: "main", type: "submit" }, words.submit);
  const closeButton = h("button", { type: "button", on: { click: () => element.close() } }, texts.common.cancel);
  const form = h(
    "form",
    { class: "stack", novalidate: true, on: { submit } },
    fields.map((one) => one.element),
    h("div", { class: "two-columns" }, targets.map((one) => one.element), h("p", { class: "field-hint soft small" }, words.targetsHint)),
    h("div", { class: "two-columns" }, limits.map((one) => one.element)),
    boxes.map((one) => one.element),
    wrong,
    h("div", { class: "dialog-actions" }, closeButton, submitButton),
  );
  const element = h(
    "dialog",
    { class: "sheet", "aria-labelledby": "create-heading" },
    h("div", { class: "sheet-inner" }, h("h2", { id: "create-heading" }, words.title), h("p", { class: "soft" }, words.lead), form),
  );
  const all = [...fields, ...numbers];

  function submit(event) {
    event.preventDefault();
    wrong.hidden = true;
    const body = bodyOf(fields, numbers, boxes);
    const missing = missingIn(body);
    if (missing.length > 0) return refuseFields(all, missing);
    return whileBusy(submitButton, () => make(body).catch(refused));
  }

  async function make(body) {
    const raid = await app.raidline.rest.createRaid(body);
    element.close();
    await app.go(`/raids/${raid.id}`);
  }

  function refused(error) {
    if (isSignedOut(error)) return app.signedOut();
    const errors = error.errors ?? [];
    const unplaced = refuseFields(all, errors);
    if (unplaced.length === 0 && errors.length > 0) return;
    setText(wrong, refusalOf(error));
    wrong.hidden = false;
  }

  return { element, open: () => element.showModal() };
}

function textFields() {
  return [
    field({
      name: "title",
      id: "create-title",
      label: words.name,
      input: h("input", { maxlength: 200, autocomplete: "off", dir: "auto", autofocus: true }),
    }),
    field({
      name: "description",
      id: "create-description",
      label: words.description,
      hint: words.descriptionHint,
      input: h("textarea", { maxlength: 2000, rows: 2, dir: "auto" }),
    }),
  ];
}

/** The two targets, and the two limits. */
function numberFields() {
  const of = (name, label, value, min, max, hint = null) =>
    field({
      name,
      id: `create-${name}`,
      label,
      hint,
      input: h("input", { type: "number", inputmode: "numeric", step: 1, min, max, value, autocomplete: "off" }),
    });
  return [
    [of("targetXp", words.targetXp, 1_000, 0, SUM_MAX), of("targetTasks", words.targetTasks, 20, 0, SUM_MAX)],
    [
      of("timeLimitHours", words.hours, 24, 1, 8_760, words.hoursHint),
      of("maxMembers", words.maxMembers, 4, 1, 10_000, words.maxMembersHint),
    ],
  ];
}

function checkboxes() {
  return [
    checkbox({ name: "public", id: "create-public", label: words.public, hint: words.publicHint }),
    checkbox({ name: "openJoin", id: "create-openJoin", label: words.openJoin, hint: words.openJoinHint }),
  ];
}

function bodyOf(fields, numbers, boxes) {
  return Object.fromEntries([
    ...fields.map(({ name, input }) => [name, input.value.trim()]),
    ...numbers.map(({ name, input }) => [name, input.value.trim() === "" ? null : Number(input.value)]),
    ...boxes.map(({ name, input }) => [name, input.checked]),
  ]);
}

/** What can be said better here than by the server, which judges all of it. */
function missingIn(body) {
  const errors = Object.entries(body)
    .filter(([, value]) => value === null || (typeof value === "number" && !Number.isInteger(value)))
    .map(([name]) => ({ field: name, message: words.noNumber }));
  if (body.title === "") errors.unshift({ field: "title", message: words.untitled });
  if (body.targetXp === 0 && body.targetTasks === 0) errors.push({ field: "targetXp", message: words.noTarget });
  return errors;
}
