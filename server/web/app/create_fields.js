// What one says of a new raid.

import { h } from "./dom.js";
import { checkbox, field } from "./fields.js";
import { texts } from "./texts.js";

const words = texts.create;
const SUM_MAX = 10 ** 12;

/** { all, named, targets, limits, boxes, body(), wrong() -> what is missing or out of bounds }; each has its
 * element. */
export function createFields() {
  const [named, boxes] = [textFields(), checkboxes()];
  const [targets, limits] = numberFields();
  const numbers = [...targets, ...limits];
  const body = () => bodyOf(named, numbers, boxes);
  return { all: [...named, ...numbers], named, targets, limits, boxes, body, wrong: () => wrongIn(body(), numbers) };
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
function wrongIn(body, numbers) {
  const errors = numbers.flatMap((one) => numberError(one, body[one.name]));
  if (body.title === "") errors.unshift({ field: "title", message: words.untitled });
  if (body.targetXp === 0 && body.targetTasks === 0) errors.push({ field: "targetXp", message: words.noTarget });
  return errors;
}

function numberError({ name: field, input: { min, max } }, value) {
  const [least, most] = [Number(min), Number(max)];
  if (!Number.isInteger(value)) return [{ field, message: words.noNumber }];
  return value < least || value > most ? [{ field, message: words.within(least, most) }] : [];
}
