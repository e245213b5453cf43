-- The days of runs against people's days, both ways: active where something counts, skipped where two neighbours
-- lie less than 22 hours apart.
-- Not of people who are no more: what was theirs alone went with them.
-- Params: $1 users above this id, $2 up to this one
WITH held AS MATERIALIZED (
    SELECT user_id, day, s.user_id IS NOT NULL AS stands, coalesce(s.active, false) AS active, s.kept,
           coalesce(d.tasks > 0 OR d.checkins > 0, false) AS wanted, d.first_at, d.last_at
    FROM (SELECT * FROM streak_days WHERE user_id > $1 AND user_id <= $2) AS s
         FULL JOIN (SELECT * FROM user_daily_stats WHERE user_id > $1 AND user_id <= $2) AS d USING (user_id, day)
    WHERE EXISTS (SELECT FROM users WHERE id = user_id)
),
swallowed AS MATERIALIZED (
    SELECT user_id, day + 1 AS day
    FROM (
        SELECT user_id, day, last_at, lead(day) OVER person AS next_day, lead(first_at) OVER person AS next_at
        FROM held WHERE wanted WINDOW person AS (PARTITION BY user_id ORDER BY day)
    ) AS item
    WHERE next_day = day + 2 AND next_at - last_at < interval '22 hours'
)
SELECT 'streak_day' AS kind, user_id AS owner, format('user %s day %s', user_id, day) AS place,
       CASE WHEN wanted THEN 'active' ELSE 'not active' END AS expected,
       CASE WHEN active THEN 'active' ELSE coalesce(kept, 'no row') END AS found
FROM held WHERE wanted <> active
UNION ALL
SELECT 'streak_day_skipped', user_id, format('user %s day %s', user_id, day), 'no row', 'skipped'
FROM held WHERE kept = 'skipped' AND NOT active AND NOT wanted
  AND NOT EXISTS (SELECT FROM swallowed AS w WHERE w.user_id = held.user_id AND w.day = held.day)
UNION ALL
SELECT 'streak_day_skipped', user_id, format('user %s day %s', user_id, day), 'skipped', 'no row'
FROM swallowed
WHERE NOT EXISTS (SELECT FROM held WHERE held.user_id = swallowed.user_id AND held.day = swallowed.day AND stands)
ORDER BY 2, 3, 1
