-- What somebody's tasks were called is theirs; their numbers are the ledger's. One page of contributions, by time.
-- Params: $1 user id, $2 those after this instant, $3 how many at most, but for those of the same instant
-- Returns the instant of the last one of the page; null where nothing follows it.
WITH page AS (
    SELECT created_at AS ends_at FROM contributions WHERE user_id = $1 AND created_at > $2
    ORDER BY created_at OFFSET $3::bigint - 1 LIMIT 1
),
nameless AS (
    UPDATE contributions SET task_id = NULL
    WHERE user_id = $1 AND created_at > $2 AND created_at <= coalesce((SELECT ends_at FROM page), 'infinity')
      AND task_id IS NOT NULL
)
SELECT ends_at FROM page
