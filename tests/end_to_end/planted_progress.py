"""Differences of progress to be planted, each in people and a raid of their own: too little and too much of each.

A plant says what `raidline audit` has to name. Redis commands here name their key in full; every board they speak of
has been read before, so that it is there. `{once}` is an achievement that everybody has after their first task.
"""

from tests.end_to_end.planted import Plant

STANDING, BOARD = "leaderboard:{{raid:{raid}}}", "board: leaderboard:{{raid:{raid}}} user {member}"
DAILY = "leaderboard:{{daily:{today}}}"

ROWS = {
    "user_daily_stats: a check-in too many": Plant(
        "user_day_checkins: user {member} day", "UPDATE user_daily_stats SET checkins = 1 WHERE user_id = {member}"
    ),
    "user_daily_stats: another time": Plant(
        "user_day_times: user {member} day",
        "UPDATE user_daily_stats SET first_at = first_at - interval '1 hour' WHERE user_id = {member}",
    ),
    "checkins: too much": Plant(
        "user_day_checkins: user {member} day 2026-01-05",
        "INSERT INTO checkins VALUES ({member}, '2026-01-05', '2026-01-05', '2026-01-05', false, '{{}}')",
    ),
    "streak_days: too little": Plant(
        "streak_day: user {member} day", "DELETE FROM streak_days WHERE user_id = {member}"
    ),
    "streak_days: too much": Plant(
        "streak_day: user {member} day 2026-01-05",
        "INSERT INTO streak_days VALUES ({member}, '2026-01-05', true, NULL, 'contribution', now())",
    ),
    "streak_days: skipped for nothing": Plant(
        "streak_day_skipped: user {member} day 2026-01-05",
        "INSERT INTO streak_days VALUES ({member}, '2026-01-05', false, 'skipped', 'zone', now())",
    ),
    "user_streaks: too little": Plant(
        "user_streak_missing: user {member}", "DELETE FROM user_streaks WHERE user_id = {member}"
    ),
    "user_streaks: too much": Plant(
        "user_streak: user {member}", "UPDATE user_streaks SET current = 40 WHERE user_id = {member}"
    ),
    "user_streaks: longer than ever": Plant(
        "user_streak_longest: user {member}", "UPDATE user_streaks SET longest = 40 WHERE user_id = {member}"
    ),
    "user_streaks: freezes from nowhere": Plant(
        "user_streak_freezes: user {member}", "UPDATE user_streaks SET freezes = 2 WHERE user_id = {member}"
    ),
    "user_stats: raids never completed": Plant(
        "user_counts: user {member}", "UPDATE user_stats SET raids_completed = 3 WHERE user_id = {member}"
    ),
    "user_stats: rewards lost": Plant(
        "user_rewards: user {member}", "UPDATE user_stats SET reward_xp = 0 WHERE user_id = {member}"
    ),
    "user_stats: another level": Plant(
        "user_level: user {member}", "UPDATE user_stats SET level = 9 WHERE user_id = {member}"
    ),
    "raid_completions: too much": Plant(
        "raid_completion: raid {raid} user {member}",
        "INSERT INTO raid_completions VALUES ({raid}, {member}, true, now())",
    ),
    "user_achievements: too little": Plant(
        "unlock_missing: user {member} achievement {once}",
        "WITH gone AS (DELETE FROM user_achievements WHERE user_id = {member})"
        " DELETE FROM user_achievement_rewards WHERE user_id = {member}",
    ),
    "user_achievements: too much": Plant(
        "unlock_unearned: user {member} achievement 1",
        "INSERT INTO user_achievements (user_id, achievement_id, unlocked_at, cause)"
        " VALUES ({member}, 1, now(), 'metric')",
    ),
    "user_achievements: of nothing": Plant(
        "unlock_of_nothing: user {member} achievement 99999",
        "INSERT INTO user_achievements (user_id, achievement_id, unlocked_at, cause)"
        " VALUES ({member}, 99999, now(), 'caller')",
    ),
    "user_achievement_rewards: too little": Plant(
        "reward_missing: user {member} achievement {once}",
        "DELETE FROM user_achievement_rewards WHERE user_id = {member}",
    ),
    "user_achievement_rewards: too much": Plant(
        "reward_differs: user {member} achievement {once}",
        "UPDATE user_achievement_rewards SET xp = 5000 WHERE user_id = {member}",
    ),
    "achievement_tallies: too much": Plant(
        "achievement_tally: achievement {once} day 2026-01-05",
        "INSERT INTO achievement_tallies VALUES ({once}, '2026-01-05', 0, {member})",
        becomes={},
    ),
    "leaderboard_finals: too much": Plant(
        "final_people: board daily:2001-01-01",
        "INSERT INTO leaderboard_finals VALUES ('daily:2001-01-01', 3, '2001-01-02T14:00:00Z')",
    ),
    "leaderboard_final_entries: too much": Plant(
        "final_people: board daily:2001-01-02",
        "INSERT INTO leaderboard_final_entries VALUES ('daily:2001-01-02', 1, {member}, 5, now())",
    ),
}

BOARDS = {
    "a raid's board: too little": Plant(BOARD, redis=("ZREMRANGEBYRANK", STANDING, "0", "0")),
    "a raid's board: too much": Plant(BOARD, redis=("ZADD", STANDING, "-999", "{nobody}:{member:019}")),
    "a raid's board: noted as nothing": Plant(BOARD, redis=("HDEL", STANDING + ":people", "{member}")),
    "a day's board: too much": Plant(
        "board: " + DAILY + " user {gone}", redis=("ZADD", DAILY, "-999", "{nobody}:{gone:019}")
    ),
}

ALL = ROWS | BOARDS
