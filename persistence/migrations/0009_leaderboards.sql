-- Boards that are final. Those still moving stand in Redis and are made anew from the totals when they are missing.

ALTER TABLE raid_members
    ADD COLUMN reached_at timestamptz,  -- as in user_daily_stats
    ADD COLUMN changes    bigint NOT NULL DEFAULT 0;

CREATE TABLE leaderboard_finals (
    board    text        PRIMARY KEY,  -- daily:2026-11-20, weekly:2026-W47
    people   bigint      NOT NULL,
    final_at timestamptz NOT NULL
);

CREATE TABLE leaderboard_final_entries (
    board      text        NOT NULL,
    place      bigint      NOT NULL,  -- 1, 2, 3 … in the order in which they stand; ties have places of their own
    user_id    bigint      NOT NULL,
    xp         bigint      NOT NULL,
    reached_at timestamptz NOT NULL,
    PRIMARY KEY (board, place)
);
CREATE UNIQUE INDEX leaderboard_final_entries_user ON leaderboard_final_entries (board, user_id);
