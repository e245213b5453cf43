-- Make days of people what they have become: active or not, kept by a freeze, a repair or a pause, or not any more.
-- The people must be locked; no day of a person may be given twice.
-- Params: arrays side by side: $1 user ids bigint[]   $2 days date[]   $3 at in ms bigint[]   $4 causes text[]
--   $5 kinds text[]: active, inactive, widened, frozen, repaired, paused, unpaused
-- Every row is looked up by its key (LIMIT 1) or place: a join might read a whole table for a few people.
-- Returns one row per day that became something else, and per widened one
--   user_id, day
--   turned   1 where it turned active, -1 where it is so no more, 0 otherwise
--   freezes  1 where a freeze is given back, -1 where one is spent, 0 otherwise
--   stands   whether it has a row now
--   skips    whether a skipped day may come or go beside it; never so where the day only follows the last active one
WITH change AS MATERIALIZED (
    SELECT c.user_id, c.day, c.kind, c.cause, to_timestamp(c.at::float8 / 1000) AS at, d.place,
           coalesce(d.active, false) AS was_active, d.kept AS was_kept, d.cause AS was_cause,
           count(*) OVER (PARTITION BY c.user_id) > 1 OR c.day <= s.last_day OR c.day = s.last_day + 2 AS skips
    FROM unnest($1::bigint[], $2::date[], $3::bigint[], $4::text[], $5::text[])
             AS c (user_id, day, at, cause, kind)
         LEFT JOIN LATERAL (
             SELECT ctid AS place, active, kept, cause FROM streak_days WHERE user_id = c.user_id AND day = c.day LIMIT 1
         ) AS d ON true
         LEFT JOIN LATERAL (SELECT last_day FROM user_streaks WHERE user_id = c.user_id LIMIT 1) AS s ON true
),
became AS MATERIALIZED (
    SELECT *,
           CASE kind WHEN 'active' THEN true WHEN 'inactive' THEN false ELSE was_active END AS active,
           CASE WHEN kind = 'active' AND was_kept IN ('frozen', 'skipped') THEN NULL
                WHEN kind IN ('frozen', 'repaired', 'paused') AND coalesce(was_kept, 'skipped') = 'skipped' THEN kind
                WHEN kind = 'unpaused' AND was_kept = 'paused' THEN NULL
                ELSE was_kept END AS kept
    FROM change
),
different AS MATERIALIZED (
    SELECT * FROM became WHERE (active, kept) IS DISTINCT FROM (was_active, was_kept)
),
gone AS (
    DELETE FROM streak_days
    WHERE ctid = ANY (ARRAY(SELECT place FROM different WHERE NOT active AND kept IS NULL))
),
standing AS (
    INSERT INTO streak_days AS d (user_id, day, active, kept, cause, at)
    SELECT user_id, day, active, kept,
           CASE WHEN active AND was_active THEN was_cause  -- it stays what made it active
                WHEN kind <> 'inactive' THEN cause
                WHEN kept = 'paused' THEN 'pause' ELSE 'repair' END,
           at
    FROM different WHERE active OR kept IS NOT NULL
    ORDER BY user_id, day
    ON CONFLICT (user_id, day) DO UPDATE
        SET active = excluded.active, kept = excluded.kept, cause = excluded.cause, at = excluded.at
)
SELECT user_id, day, active::integer - was_active::integer AS turned,
       CASE WHEN was_kept = 'frozen' AND kept IS NULL THEN 1
            WHEN kept = 'frozen' AND was_kept IS DISTINCT FROM 'frozen' THEN -1 ELSE 0 END AS freezes,
       active OR kept IS NOT NULL AS stands,
       coalesce(skips, false) AND (kind IN ('widened', 'unpaused') OR active <> was_active) AS skips
FROM became
WHERE kind = 'widened' OR (active, kept) IS DISTINCT FROM (was_active, was_kept)
