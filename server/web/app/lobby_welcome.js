// For whoever has been in no raid yet: what one is, and how to begin.

import { h } from "./dom.js";
import { texts } from "./texts.js";

const words = texts.lobby;

/** One sentence beneath the greeting. */
export function welcome() {
  return h("p", { class: "soft lobby-welcome" }, words.welcome);
}

/** Three steps, beside the raids that are to be watched. */
export function steps() {
  const all = words.steps.all.map(([name, what]) =>
    h("li", { class: "lobby-step" }, h("div", {}, h("h3", {}, name), h("p", { class: "soft small" }, what))));
  return h("section", { class: "lobby-steps card" }, h("h2", {}, words.steps.title), h("ol", {}, all));
}
