// One decision per event: which effect, with what in it. Pure; null where nothing is to be seen.

import { texts } from "../texts.js";

const DECIDE = {
  contribution: ({ userId, xp }, { me }) => ({ effect: "burst", userId, xp, own: userId === me?.id }),
  raid_complete: () => ({ effect: "celebrate" }),
  raid_failed: () => ({ effect: "shake", place: "whole" }),
  refused: () => ({ effect: "shake", place: "act" }),
  achievement_unlocked: unlocked,
  reward_granted: rewarded,
  streak: stepped,
};

/** `context`: `{me, raid, known}`, where `known` has noted everything before this. */
export function reactionTo({ event, data }, context) {
  return DECIDE[event]?.(data, context) ?? null;
}

function unlocked(data, { me, raid, known }) {
  if (known.has(data)) return null;
  return data.userId === me?.id ? ownUnlock(data) : theirUnlock(data, raid);
}

/** What is secret has no name on the raid's stream; our own log tells it with its name. */
function ownUnlock({ achievement }) {
  if (achievement.name === null) return null;
  const said = texts.juice;
  return {
    effect: "toast",
    toast: {
      kind: "achievement",
      key: achievement.id,
      title: said.unlocked(achievement.name),
      text: achievement.description ?? "",
      icon: achievement.icon || null,
      sum: { of: "own", name: achievement.name, title: said.unlockedMany, text: said.andMore },
    },
  };
}

function theirUnlock({ userId, achievement }, raid) {
  const said = texts.juice;
  const who = raid?.nameOf(userId) ?? said.somebody;
  return {
    effect: "toast",
    toast: {
      kind: "achievement",
      title: said.theyUnlocked(who, achievement.name),
      text: achievement.description ?? "",
      icon: achievement.icon || null,
      sum: { of: "others", name: who, title: said.theyUnlockedMany, text: said.andMore },
    },
  };
}

function rewarded({ achievementId, xp, credits }) {
  if (xp === 0 && credits === 0) return null;
  const otherwise = { kind: "reward", title: texts.juice.rewarded, text: texts.juice.reward(xp, credits) };
  return { effect: "reward", key: achievementId, reward: { xp, credits }, otherwise };
}

function stepped(data, { known }) {
  const said = STREAK_STATES[data.state]?.(data, known.streak) ?? null;
  return said && { effect: "toast", toast: { kind: "streak", ...said } };
}

const STREAK_STATES = {
  active: grown,
  frozen: ({ current }, before) =>
    before?.state === "frozen" || current === 0
      ? null
      : { title: texts.juice.streakKept, text: texts.juice.streakKeptDays(current) },
  atRisk: ({ current, endsAt }) => ({
    title: texts.juice.streakAtRisk(current),
    text: texts.juice.streakEndsAt(clock(endsAt)),
  }),
};

/** Longer than it was; the same told again, or one that became shorter by a void, is no step. */
function grown({ current, longest }, before) {
  if (current === 0 || (before && current <= before.current)) return null;
  if (current === 1) return { title: texts.juice.streakBegins, text: texts.juice.streakFirstDay };
  const text = current >= longest ? texts.juice.streakLongest : texts.juice.streakGoesOn(longest);
  return { title: texts.juice.streakDays(current), text };
}

function clock(time) {
  return new Date(time).toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false });
}
