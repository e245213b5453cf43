// What happens on the page when something happened: first decided, purely, then done.

import { burst } from "./burst.js";
import { celebrate } from "./celebrate.js";
import { reactionTo } from "./deciding.js";
import { Known } from "./known.js";
import { shake } from "./shake.js";
import { addReward, toast } from "./toasts.js";

const known = new Known(); // of this page: one person, whatever raid is looked at

/**
 * React to news. News is `{event, data}`: what a stream told of the raid or of ourselves (their snapshots, too), or
 * `{event: "refused"}` for a contribution of ours that was refused.
 * `me`: `{id}` or null. `raid`: knows names (`nameOf`). `places`: where effects belong,
 * `{totals, member(userId), act, whole}`, each an element or nothing.
 */
export function reactTo(news, { me = null, raid = null, places = {} } = {}) {
  const reaction = reactionTo(news, { me, raid, known });
  known.note(news);
  if (reaction) DOING[reaction.effect](reaction, places);
}

const DOING = {
  burst({ userId, own, xp }, places) {
    const row = own ? null : places.member?.(userId);
    burst(row ?? places.totals, { xp, tasks: 1, own, orElse: places.totals ?? null });
  },
  celebrate: () => celebrate(),
  shake: ({ place }, places) => shake(places[place]),
  toast: (reaction) => toast(reaction.toast),
  reward({ key, reward, otherwise }) {
    if (!addReward(key, reward)) toast(otherwise);
  },
};
