-- Note that some members completed a raid, each once, and count it. They must be locked.
-- Params: $1 raid id, $2 user ids bigint[]
-- Returns (user_id, completed, led, leads, at_ms) of those it was not noted of before: what they have completed and led
-- by now, whether they led this one, and when it was completed.
WITH raid AS (
    SELECT id, leader_id, ended_at FROM raids WHERE id = $1 AND status = 'completed'
),
fresh AS (
    INSERT INTO raid_completions (raid_id, user_id, led, completed_at)
    SELECT raid.id, member.id, member.id IS NOT DISTINCT FROM raid.leader_id, raid.ended_at
    FROM raid, unnest($2::bigint[]) AS member (id)
    ORDER BY member.id
    ON CONFLICT DO NOTHING
    RETURNING user_id, led
),
counted AS (
    INSERT INTO user_stats AS s (user_id, raids_completed, raids_led)
    SELECT user_id, 1, led::integer FROM fresh ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET
        raids_completed = s.raids_completed + 1, raids_led = s.raids_led + excluded.raids_led
    RETURNING user_id, raids_completed, raids_led
)
SELECT user_id, raids_completed AS completed, raids_led AS led, fresh.led AS leads,
       (extract(epoch FROM raid.ended_at) * 1000)::bigint AS at_ms
FROM counted JOIN fresh USING (user_id), raid
