// The raid's name, what it is about, and how it stands.

import { h, setText } from "../dom.js";
import { texts } from "../texts.js";

export function headView() {
  const words = texts.room;
  const status = h("span", { class: "chip room-status" });
  const seen = h("span", { class: "chip" });
  const title = h("h1", { dir: "auto", tabindex: -1 }, words.loading);
  const description = h("p", { class: "soft room-description", dir: "auto", hidden: true });
  const chips = h("div", { class: "row", hidden: true }, status, seen);
  return {
    element: h("header", { class: "room-head" }, chips, title, description),
    title,
    /** Nothing was heard of the raid yet, and it may take a while. */
    wait() {
      setText(description, words.waitingForServer);
      description.hidden = false;
    },
    update(raid) {
      chips.hidden = false;
      status.dataset.status = raid.status;
      setText(status, texts.common.status[raid.status]);
      setText(seen, raid.public ? words.public : words.private);
      setText(title, raid.title);
      setText(description, raid.description ?? "");
      description.hidden = !raid.description;
    },
  };
}
