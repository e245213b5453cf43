-- How a raid came to where it is: its totals at the last contribution of each of so many equal spans of time between
-- its start and now or its end, oldest first. Spans without one have no row; voided contributions never counted.
-- Params: $1 raid id, $2 number of spans
WITH raid AS (
    SELECT extract(epoch FROM started_at)::float8 AS start,
           -- Where the log's clock is ahead of ours, or a raid ends as it begins, there is a span all the same.
           greatest(extract(epoch FROM coalesce(ended_at, now())), extract(epoch FROM started_at) + 0.001)::float8 AS stop
    FROM raids WHERE id = $1 AND started_at IS NOT NULL
), spans AS (
    SELECT least(width_bucket(extract(epoch FROM c.created_at)::float8, raid.start, raid.stop, $2), $2) AS span,
           max(c.created_at) AS at, sum(c.xp) AS xp, count(*) AS tasks
    FROM raid, contributions AS c
    WHERE c.raid_id = $1
      -- Not EXISTS: expecting one void, the planner would compare each contribution with every one of many.
      AND c.contribution_id NOT IN (SELECT contribution_id FROM contribution_voids WHERE raid_id = $1)
    GROUP BY 1
)
SELECT (extract(epoch FROM at) * 1000)::bigint AS at_ms,
       (sum(xp) OVER (ORDER BY span))::bigint AS current_xp,
       (sum(tasks) OVER (ORDER BY span))::bigint AS current_tasks
FROM spans ORDER BY span
