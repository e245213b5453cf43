-- Local days, the runs they make, and what keeps a run together. Rules: docs/progress.md.

ALTER TABLE user_daily_stats
    ADD COLUMN checkins   integer NOT NULL DEFAULT 0,  -- 0 or 1; a day with tasks or a check-in is active
    ADD COLUMN first_at   timestamptz,  -- when the first and the last of the day's items occurred, voided ones too
    ADD COLUMN last_at    timestamptz,
    ADD COLUMN reached_at timestamptz,  -- when the XP last changed: who got there first stands first
    ADD COLUMN changes    bigint NOT NULL DEFAULT 0;  -- how often it was folded: tells an older total from a newer one
CREATE INDEX user_daily_stats_day ON user_daily_stats (day, user_id);

-- The instant at which a day begins there. Where midnight comes twice it is the first; where it is left out, the first
-- instant after it.
CREATE FUNCTION day_begins(day date, tz text) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (day::timestamp AT TIME ZONE tz)
           - CASE WHEN ((day::timestamp AT TIME ZONE tz) - interval '1 hour') AT TIME ZONE tz >= day::timestamp
                  THEN interval '1 hour' ELSE interval '0' END;

-- A day that is part of a run, or keeps one together. A missed day has no row.
CREATE TABLE streak_days (
    user_id bigint      NOT NULL,
    day     date        NOT NULL,
    active  boolean     NOT NULL,
    kept    text,  -- what the day is when it is not active
    cause   text        NOT NULL,  -- contribution, checkin, freeze, pause, repair, zone
    at      timestamptz NOT NULL,  -- when it became what it is
    PRIMARY KEY (user_id, day),
    CONSTRAINT streak_days_kept_is_known CHECK (kept IN ('frozen', 'paused', 'repaired', 'skipped')),
    CONSTRAINT streak_days_are_for_something CHECK (active OR kept IS NOT NULL)
) WITH (fillfactor = 90);

-- The run in which the last active day lies, and what hangs on it. Apart from users, so that no hot row is made.
CREATE TABLE user_streaks (
    user_id       bigint      PRIMARY KEY,
    run_first     date,  -- first and last day of that run, kept days included
    run_last      date,
    last_day      date,  -- the last active day
    current       integer     NOT NULL DEFAULT 0,  -- active days of that run; as seen: 0 once a whole day was missed
    longest       integer     NOT NULL DEFAULT 0,  -- never falls
    active_days   integer     NOT NULL DEFAULT 0,
    live_days     integer     NOT NULL DEFAULT 0,  -- days that turned active as they happened, each counted once
    last_live_day date,
    freezes       smallint    NOT NULL DEFAULT 0,
    due_at        timestamptz,  -- the midnight at which a freeze is spent if the day after run_last is still missed
    usual_seconds integer,  -- of the local day, when days usually begin: a running mean
    risk_at       timestamptz,  -- when to warn that the streak ends at midnight
    risk_told     date,  -- the last day for which that was done
    repaired_at   timestamptz,
    CONSTRAINT user_streaks_freezes_are_few CHECK (freezes BETWEEN 0 AND 2)
) WITH (fillfactor = 80);
CREATE INDEX user_streaks_due ON user_streaks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX user_streaks_risk ON user_streaks (risk_at) WHERE risk_at IS NOT NULL;

CREATE TABLE checkins (
    user_id     bigint      NOT NULL,
    day         date        NOT NULL,
    occurred_at timestamptz NOT NULL,
    at          timestamptz NOT NULL,  -- when it came
    live        boolean     NOT NULL,  -- its day was not over then
    answer      jsonb,  -- what the first call was told, for every other
    PRIMARY KEY (user_id, day)
);
