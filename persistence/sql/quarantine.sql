-- Put one entry aside that the tables refuse. To be sent after lock.sql in the same transaction.
-- Where the void of a refused contribution came first, what it took back is given back.
-- Returns rows of the kinds `void`, `user` and `day` of fold.sql, of what was given back; in `user` the streak is none.
-- Params: $1 raid id, $2 epoch, $3 seq, $4 event, $5 contribution id text or null, $6 the entry as text,
--         $7 sqlstate, $8 message without personal data
WITH aside AS (
    INSERT INTO ledger_quarantine
        (raid_id, epoch, seq, event, contribution_id, entry, sqlstate, message, resolved_at)
    SELECT $1::bigint, $2::bigint, $3::bigint, $4::text, $5::text::uuid, $6::text, $7::text, $8::text,
           (SELECT now() FROM contribution_voids
            WHERE raid_id = $1 AND contribution_id = $5::text::uuid AND $4 = 'contribution')
    ON CONFLICT (raid_id, epoch, seq) DO NOTHING
    RETURNING raid_id, seq, contribution_id, event
),
unfolded AS (
    UPDATE contribution_voids AS v SET folded = false
    FROM aside
    WHERE aside.event = 'contribution' AND v.raid_id = aside.raid_id
      AND v.contribution_id = aside.contribution_id AND v.folded
      AND NOT EXISTS (
        SELECT FROM contribution_keys AS known
        WHERE known.raid_id = v.raid_id AND known.contribution_id = v.contribution_id)
    RETURNING v.raid_id, v.user_id, v.day, v.xp, v.voided_at AS at
),
mended_member AS (
    UPDATE raid_members AS m SET xp = m.xp + u.xp, tasks = m.tasks + 1, changes = m.changes + 1
    FROM unfolded AS u WHERE m.raid_id = u.raid_id AND m.user_id = u.user_id
),
mended_user AS (
    UPDATE user_stats AS s SET xp = s.xp + u.xp, tasks = s.tasks + 1,
                               level = greatest(s.level, level_of(s.xp + u.xp + s.reward_xp))
    FROM unfolded AS u WHERE s.user_id = u.user_id
    RETURNING s.user_id, u.at, s.xp - u.xp AS xp_before, s.xp, s.tasks, s.level
),
mended_day AS (
    UPDATE user_daily_stats AS d SET xp = d.xp + u.xp, tasks = d.tasks + 1, changes = d.changes + 1
    FROM unfolded AS u WHERE d.user_id = u.user_id AND d.day = u.day
    RETURNING d.user_id, d.day, u.at, d.tasks > 0 AND d.tasks <= 1 AND d.checkins = 0 AS turned
),
mended_raid AS (
    UPDATE raids AS r SET
        last_seq = greatest(r.last_seq, aside.seq),
        current_xp = r.current_xp + coalesce(u.xp, 0),
        current_tasks = r.current_tasks + CASE WHEN u.raid_id IS NULL THEN 0 ELSE 1 END
    FROM aside LEFT JOIN unfolded AS u ON u.raid_id = aside.raid_id
    WHERE r.id = aside.raid_id
)
SELECT 'void' AS kind, raid_id, user_id, NULL::bigint AS a, NULL::bigint AS b, NULL::bigint AS c,
       (date_part('epoch', at) * 1000)::bigint AS d, day, NULL::bigint[] AS numbers, NULL AS body
FROM unfolded
UNION ALL
SELECT 'user', NULL, user_id, (date_part('epoch', m.at) * 1000)::bigint, 0, 0, 0, NULL,
       ARRAY[m.xp_before, m.tasks - 1, old.level, m.xp, m.tasks, m.level, 1], 'none'
FROM mended_user AS m JOIN user_stats AS old USING (user_id) JOIN users ON users.id = user_id
UNION ALL
SELECT 'day', NULL, user_id, (date_part('epoch', d.at) * 1000)::bigint, NULL, 0, NULL, day, NULL, 'active'
FROM mended_day AS d JOIN users ON users.id = user_id WHERE turned
