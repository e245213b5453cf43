-- Put definitions in place of those that are there: the first so many are reached, one by one, by whoever does
-- tasks, the others never; all of them over all metrics, as a shop with many badges has them.
-- Params: $1 how many, $2 how many of them can be reached, $3 the tasks from which on, $4 how many tasks apart
WITH gone AS (DELETE FROM achievements)
INSERT INTO achievements (name, group_name, tier, metric, threshold, reward_xp, reward_credits, position, complete_since)
SELECT 'Definition ' || n, 'bench', n::text,
       CASE WHEN n <= $2 THEN 'tasks_total'
            ELSE (ARRAY['tasks_total', 'xp_total', 'streak_days', 'active_days', 'checkins_total'])[n % 5 + 1] END,
       CASE WHEN n <= $2 THEN $3 + n * $4 ELSE 1000000000 + n END, 50, 10, n, '-infinity'
FROM generate_series(1, $1::integer) AS n
