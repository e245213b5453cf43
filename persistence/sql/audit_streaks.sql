-- What hangs on the runs of people's days: the newest run, the longest there was, freezes.
-- The longest never falls, so it may be longer than any run that stands. Two things shorten a run: a void, and a pause
-- that another replaced. It is at most what it would be with every day active that ever had an item; and because a
-- replaced pause leaves no trace but the days of the newer one, with paused days at most all of those together.
-- Freezes: one earned for 7 days as they happened, at most 2 held, and each frozen day cost one. As long as no more
-- than 2 were earned none can have been lost to the bound, and the count is exact.
-- Not of people who are no more: what was theirs alone went with them.
-- Params: $1 users above this id, $2 up to this one
-- Returns also first, last, last_day, current, active_days, longest, freezes: what is right.
WITH held AS MATERIALIZED (
    SELECT user_id, day, active, kept,
           day - (row_number() OVER (PARTITION BY user_id ORDER BY day))::integer AS run
    FROM streak_days WHERE user_id > $1 AND user_id <= $2
),
run AS MATERIALIZED (
    SELECT user_id, min(day) AS first, max(day) AS last, max(day) FILTER (WHERE active) AS last_day,
           count(*) FILTER (WHERE active) AS length
    FROM held GROUP BY user_id, run
),
newest AS (
    SELECT DISTINCT ON (user_id) user_id, first, last, last_day, length FROM run
    WHERE last_day IS NOT NULL ORDER BY user_id, last_day DESC
),
total AS (
    SELECT user_id, count(*) FILTER (WHERE active) AS active_days,
           count(*) FILTER (WHERE kept = 'frozen' AND NOT active) AS frozen,
           coalesce(bool_or(kept = 'paused'), false) AS paused
    FROM held GROUP BY user_id
),
longest AS (
    SELECT user_id, max(length) AS length FROM run GROUP BY user_id
),
once AS MATERIALIZED (  -- every day that ever had an item
    SELECT user_id, day, last_at, lead(day) OVER person AS next_day, lead(first_at) OVER person AS next_at
    FROM user_daily_stats WHERE user_id > $1 AND user_id <= $2
    WINDOW person AS (PARTITION BY user_id ORDER BY day)
),
spanned AS (
    SELECT user_id, day, max(days) AS days
    FROM (
        SELECT user_id, day, 1 AS days FROM once
        UNION ALL
        SELECT user_id, day + 1, 0 FROM once WHERE next_day = day + 2 AND next_at - last_at < interval '22 hours'
        UNION ALL
        SELECT user_id, day, active::integer FROM held
    ) AS one
    GROUP BY user_id, day
),
most AS (
    SELECT user_id, max(days) AS longest, sum(days) AS ever
    FROM (
        SELECT user_id, sum(days) AS days
        FROM (
            SELECT user_id, days, day - (row_number() OVER (PARTITION BY user_id ORDER BY day))::integer AS run
            FROM spanned
        ) AS island
        GROUP BY user_id, run
    ) AS one
    GROUP BY user_id
),
compared AS (
    SELECT user_id, s.user_id IS NULL AS lacking, n.first, n.last, n.last_day, coalesce(n.length, 0) AS current,
           coalesce(t.active_days, 0) AS active_days,
           coalesce(l.length, 0) AS least,
           coalesce(CASE WHEN t.paused THEN m.ever ELSE m.longest END, 0) AS most,
           coalesce(s.live_days, 0) / 7 AS earned, coalesce(t.frozen, 0) AS frozen,
           s.run_first, s.run_last, s.last_day AS told_last_day, s.current AS told_current,
           s.active_days AS told_active_days, coalesce(s.longest, 0) AS told_longest,
           coalesce(s.freezes, 0) AS told_freezes
    FROM (SELECT * FROM user_streaks WHERE user_id > $1 AND user_id <= $2) AS s
         FULL JOIN total AS t USING (user_id)
         LEFT JOIN newest AS n USING (user_id)
         LEFT JOIN longest AS l USING (user_id)
         LEFT JOIN most AS m USING (user_id)
),
judged AS (
    SELECT *, least(greatest(told_longest, least), greatest(most, least)) AS longest,
           CASE WHEN earned <= 2 THEN greatest(0, earned - frozen)
                ELSE least(told_freezes, greatest(0, earned - frozen)) END AS freezes,
           format('run=%s..%s last=%s current=%s active_days=%s', first, last, last_day, current, active_days)
               AS expected,
           format('run=%s..%s last=%s current=%s active_days=%s', run_first, run_last, told_last_day, told_current,
                  told_active_days) AS found
    FROM compared
),
said AS (
    SELECT 'user_streak_missing' AS kind, user_id, 'a row' AS wanted, 'no row' AS held FROM judged
    WHERE lacking AND active_days > 0
    UNION ALL
    SELECT 'user_streak', user_id, expected, found FROM judged WHERE NOT lacking AND expected <> found
    UNION ALL
    SELECT 'user_streak_longest', user_id,
           CASE WHEN least < most THEN format('%s to %s', least, most) ELSE least::text END, told_longest::text
    FROM judged WHERE NOT lacking AND told_longest <> longest
    UNION ALL
    SELECT 'user_streak_freezes', user_id,
           CASE WHEN earned <= 2 THEN freezes::text ELSE 'at most ' || freezes END, told_freezes::text
    FROM judged WHERE NOT lacking AND told_freezes <> freezes
)
SELECT kind, user_id AS owner, 'user ' || user_id AS place, wanted AS expected, held AS found,
       first, last, last_day, current, active_days, longest, freezes
FROM said JOIN judged USING (user_id)
WHERE EXISTS (SELECT FROM users WHERE id = user_id)
ORDER BY user_id, kind
