-- Bring people's streaks up to date with days that changed. The people must be locked, their days written.
-- Every row is looked up by its key (LIMIT 1): a join might read a whole table for a few people.
-- What came after the stored run costs a few rows; an earlier day walks the runs it touches, no others.
-- Params: one row per changed day, arrays side by side
--   $1 user ids bigint[]   $2 days date[]   $3 at in ms bigint[]   $4 turned integer[]: 1 active, -1 no more, 0
--   $5 freezes integer[]: 1 given back, -1 spent   $6 stands boolean[]: has a row   $7 live boolean[]
--   $8 occurred in ms bigint[]: the first item of the day
-- Returns one row per person: user_id, longest_before, longest, active_days_before, active_days,
--   seen_before, seen: the current streak as seen at the newest `at`, before and after
--   day: the newest changed one, state: active, open, frozen, paused or none
WITH change AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::date[], $3::bigint[], $4::integer[], $5::integer[], $6::boolean[],
                         $7::boolean[], $8::bigint[])
        AS c (user_id, day, at, turned, freezes, stands, live, occurred)
),
person AS MATERIALIZED (
    SELECT c.user_id, c.at, c.turned, c.freezes_moved, c.newest, c.occurred, live.days AS lived,
           live.newest AS newest_live, coalesce(u.tz, 'UTC') AS tz, s.run_first, s.run_last, s.last_day, s.last_live_day,
           coalesce(s.current, 0) AS current, coalesce(s.longest, 0) AS longest,
           coalesce(s.active_days, 0) AS active_days, coalesce(s.live_days, 0) AS live_days,
           coalesce(s.freezes, 0) AS freezes, s.usual_seconds, s.risk_told,
           -- A run that ends before the first changed day is as it was: it is walked no more.
           CASE WHEN s.run_last < c.oldest THEN s.run_last END AS floor
    FROM (
        SELECT user_id, to_timestamp(max(at)::float8 / 1000) AS at, sum(turned) AS turned,
               sum(freezes) AS freezes_moved, min(day) AS oldest, max(day) AS newest,
               array_agg(day) FILTER (WHERE live AND turned = 1) AS live_days,
               max(occurred) FILTER (WHERE live AND turned = 1) AS occurred
        FROM change GROUP BY user_id
    ) AS c
         LEFT JOIN LATERAL (SELECT tz FROM users WHERE id = c.user_id LIMIT 1) AS u ON true
         LEFT JOIN LATERAL (SELECT * FROM user_streaks WHERE user_id = c.user_id LIMIT 1) AS s ON true
         CROSS JOIN LATERAL (
             SELECT count(*) AS days, max(day) AS newest FROM unnest(c.live_days) AS day
             WHERE (day > s.last_live_day) IS NOT FALSE  -- a day voided and done again is not counted again
         ) AS live
),
last_active AS MATERIALIZED (
    SELECT p.user_id, p.floor, found.day
    FROM person AS p CROSS JOIN LATERAL (
        SELECT d.day FROM streak_days AS d
        WHERE d.user_id = p.user_id AND d.day <= greatest(p.last_day, p.newest) AND d.active
        ORDER BY d.day DESC LIMIT 1
    ) AS found
),
touched AS (  -- one day of each run to be measured, for changed days that follow one another the last
    SELECT user_id, day FROM last_active
    UNION
    SELECT user_id, day FROM (
        SELECT user_id, day, lead(day) OVER (PARTITION BY user_id ORDER BY day) IS DISTINCT FROM day + 1 AS ends
        FROM change WHERE stands
    ) AS island
    WHERE ends
),
run AS MATERIALIZED (  -- OFFSET 0 keeps these probes along the key: a join would read a person's whole history
    SELECT t.user_id, t.day, p.run_first, p.current, p.floor, head.day AS first, tail.day AS last
    FROM touched AS t JOIN person AS p USING (user_id)
         LEFT JOIN LATERAL (
             SELECT d.day FROM streak_days AS d
             WHERE d.user_id = t.user_id AND d.day <= t.day AND d.day > coalesce(p.floor, '-infinity')
               AND NOT EXISTS (SELECT FROM streak_days AS e WHERE e.user_id = d.user_id AND e.day = d.day - 1 OFFSET 0)
             ORDER BY d.day DESC LIMIT 1
         ) AS head ON true
         CROSS JOIN LATERAL (
             SELECT d.day FROM streak_days AS d
             WHERE d.user_id = t.user_id AND d.day >= t.day
               AND NOT EXISTS (SELECT FROM streak_days AS e WHERE e.user_id = d.user_id AND e.day = d.day + 1 OFFSET 0)
             ORDER BY d.day LIMIT 1
         ) AS tail
),
measured AS MATERIALIZED (  -- a run without a head goes on from the stored one
    SELECT r.user_id, r.day, r.last, coalesce(r.first, r.run_first) AS first,
           counted.days + CASE WHEN r.first IS NULL THEN r.current ELSE 0 END AS length
    FROM run AS r CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE d.active) AS days FROM streak_days AS d
        WHERE d.user_id = r.user_id AND d.day >= coalesce(r.first, r.floor + 1) AND d.day <= r.last
    ) AS counted
),
best AS (
    SELECT user_id, max(length) AS length FROM measured GROUP BY user_id
),
after AS MATERIALIZED (
    SELECT p.user_id, p.tz, p.at, p.newest, p.longest AS longest_before, p.active_days AS active_days_before,
           CASE WHEN p.run_last >= (p.at AT TIME ZONE p.tz)::date - 1 THEN p.current ELSE 0 END AS seen_before,
           m.first AS run_first, m.last AS run_last, m.day AS last_day, coalesce(m.length, 0) AS current,
           greatest(p.longest, best.length) AS longest,
           p.active_days + p.turned AS active_days,
           p.live_days + p.lived AS live_days,
           greatest(p.last_live_day, p.newest_live) AS last_live_day,
           least(2, least(2, greatest(0, p.freezes + p.freezes_moved))
                    + (p.live_days + p.lived) / 7 - p.live_days / 7) AS freezes,
           CASE WHEN p.lived > 0 THEN coalesce(p.usual_seconds + (began.seconds - p.usual_seconds) / 8, began.seconds)
                ELSE p.usual_seconds END AS usual_seconds,
           p.risk_told,
           day_begins(m.last + 2, p.tz) AS ends  -- when the day after the run is over
    FROM person AS p
         LEFT JOIN last_active AS l ON l.user_id = p.user_id
         LEFT JOIN measured AS m ON m.user_id = l.user_id AND m.day = l.day
         LEFT JOIN best ON best.user_id = p.user_id
         CROSS JOIN LATERAL (
             SELECT extract(epoch FROM (to_timestamp(p.occurred::float8 / 1000) AT TIME ZONE p.tz)::time)::integer
         ) AS began (seconds)
),
stored AS (
    INSERT INTO user_streaks AS s
        (user_id, run_first, run_last, last_day, current, longest, active_days, live_days, last_live_day, freezes,
         usual_seconds, due_at, risk_at)
    SELECT user_id, run_first, run_last, last_day, current, longest, active_days, live_days, last_live_day, freezes,
           usual_seconds,
           CASE WHEN freezes > 0 AND ends > at THEN ends END,
           CASE WHEN freezes = 0 AND ends > at AND risk_told IS DISTINCT FROM run_last + 1
                THEN ((run_last + 1)::timestamp + usual_seconds * interval '1 second') AT TIME ZONE tz END
    FROM after
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET
        run_first = excluded.run_first, run_last = excluded.run_last, last_day = excluded.last_day,
        current = excluded.current, longest = excluded.longest, active_days = excluded.active_days,
        live_days = excluded.live_days, last_live_day = excluded.last_live_day, freezes = excluded.freezes,
        usual_seconds = excluded.usual_seconds, due_at = excluded.due_at, risk_at = excluded.risk_at
)
SELECT a.user_id, a.longest_before, a.longest, a.active_days_before, a.active_days, a.seen_before,
       CASE WHEN a.run_last >= today - 1 THEN a.current ELSE 0 END AS seen, a.newest AS day,
       CASE WHEN a.run_last IS NULL OR a.run_last < today - 1 THEN 'none'
            WHEN a.last_day >= today THEN 'active'
            WHEN a.run_last < today THEN 'open'
            WHEN kept.kept = 'paused' THEN 'paused' ELSE 'frozen' END AS state
FROM after AS a
     CROSS JOIN LATERAL (SELECT (a.at AT TIME ZONE a.tz)::date) AS date (today)
     LEFT JOIN LATERAL (
         SELECT d.kept FROM streak_days AS d
         WHERE a.last_day < today AND a.run_last >= today AND d.user_id = a.user_id AND d.day = today
     ) AS kept ON true
