-- What raids say of themselves against the rows that say it too: status, lead, members, numbers, code.
-- Params: $1 raids above this id, $2 up to this one
WITH raid AS (
    SELECT r.*,
           (SELECT event FROM raid_events AS e WHERE e.raid_id = r.id
            AND event IN ('raid_complete', 'raid_failed', 'raid_cancelled')) AS ending,
           (SELECT count(*) FROM raid_members AS m WHERE m.raid_id = r.id AND m.state = 'member') AS members,
           EXISTS (SELECT FROM raid_members AS m
                   WHERE m.raid_id = r.id AND m.user_id = r.leader_id AND m.state = 'member') AS led,
           EXISTS (SELECT FROM invite_codes AS i WHERE i.code = r.invite_code AND i.raid_id = r.id) AS claimed,
           greatest(
               (SELECT max(seq) FROM contribution_keys AS k WHERE k.raid_id = r.id),
               (SELECT max(seq) FROM raid_events AS e WHERE e.raid_id = r.id),
               (SELECT max(seq) FROM ledger_quarantine AS q WHERE q.raid_id = r.id), 0) AS top
    FROM raids AS r WHERE r.id > $1 AND r.id <= $2
),
said (kind, owner, expected, found) AS (
    SELECT 'raid_status', id,
           CASE ending WHEN 'raid_complete' THEN 'completed' WHEN 'raid_failed' THEN 'failed'
                       WHEN 'raid_cancelled' THEN 'cancelled'
                       ELSE CASE WHEN started_at IS NULL THEN 'recruiting' ELSE 'active' END END,
           status
    FROM raid
    UNION ALL
    SELECT 'raid_ended_at', id, CASE WHEN ending IS NULL THEN 'none' ELSE 'a time' END,
           CASE WHEN ended_at IS NULL THEN 'none' ELSE 'a time' END
    FROM raid
    UNION ALL
    SELECT 'raid_member_count', id, members::text, member_count::text FROM raid
    UNION ALL
    SELECT 'raid_leader', id, 'a member', CASE WHEN led THEN 'a member' ELSE 'user ' || leader_id END FROM raid
    WHERE status IN ('recruiting', 'active')
    UNION ALL
    SELECT 'raid_last_seq', id, 'at least ' || top,
           CASE WHEN last_seq >= top THEN 'at least ' || top ELSE last_seq::text END
    FROM raid
    UNION ALL
    SELECT 'raid_audited_seq', id, 'at most ' || last_seq,
           CASE WHEN audited_seq <= last_seq THEN 'at most ' || last_seq ELSE audited_seq::text END
    FROM raid
    UNION ALL
    SELECT 'invite_code', id, 'claimed for the raid', CASE WHEN claimed THEN 'claimed for the raid' ELSE 'not' END
    FROM raid
)
SELECT kind, owner, 'raid ' || owner AS place, expected, coalesce(found, 'nothing') AS found
FROM said WHERE expected IS DISTINCT FROM found ORDER BY owner, kind
