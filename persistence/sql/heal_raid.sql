-- Begin a new life of a raid's log: a new epoch, everything held counted as audited.
-- Status follows the end the ledger holds and nothing else; the lead is with somebody who is in it.
-- Params: $1 raid id, $2 epoch of the state found in Redis or null
WITH ending AS (
    SELECT event, coalesce(to_timestamp((entry ->> 'ended_at')::float8 / 1000), at) AS ended_at
    FROM raid_events
    WHERE raid_id = $1 AND event IN ('raid_complete', 'raid_failed', 'raid_cancelled')
),
member AS (
    SELECT user_id, joined_at FROM raid_members WHERE raid_id = $1 AND state = 'member'
),
life AS (
    SELECT greatest(r.epoch + 1, $2::bigint + 1,
                    extract(epoch FROM now() - timestamptz '2026-01-01 00:00:00+00')::bigint) AS epoch
    FROM raids AS r WHERE r.id = $1
)
UPDATE raids AS r SET
    epoch = life.epoch,
    audited_seq = r.last_seq,
    unloaded = false,
    header_epoch = life.epoch,
    header_seq = r.last_seq,
    status = CASE (SELECT event FROM ending)
        WHEN 'raid_complete' THEN 'completed'
        WHEN 'raid_failed' THEN 'failed'
        WHEN 'raid_cancelled' THEN 'cancelled'
        ELSE CASE WHEN r.started_at IS NULL THEN 'recruiting' ELSE 'active' END
    END,
    ended_at = (SELECT ended_at FROM ending),
    member_count = (SELECT count(*) FROM member),
    leader_id = coalesce(
        (SELECT user_id FROM member WHERE user_id = r.leader_id),
        (SELECT user_id FROM member ORDER BY joined_at, user_id LIMIT 1),
        r.leader_id)
FROM life
WHERE r.id = $1
