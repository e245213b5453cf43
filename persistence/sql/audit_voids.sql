-- Voids against what they take back and against the entries they come from, both ways.
-- Params: $1 raids above this id, $2 up to this one
WITH void AS (
    SELECT v.*, k.user_id AS key_user, k.xp AS key_xp, k.day AS key_day,
           EXISTS (SELECT FROM raid_events AS e
                   WHERE e.raid_id = v.raid_id AND e.epoch = v.epoch AND e.seq = v.seq) AS told
    FROM contribution_voids AS v LEFT JOIN contribution_keys AS k USING (raid_id, contribution_id)
    WHERE v.raid_id > $1 AND v.raid_id <= $2
)
SELECT 'void_of_nothing' AS kind, raid_id AS owner, format('raid %s contribution %s', raid_id, contribution_id) AS place,
       'a contribution' AS expected, 'none' AS found
FROM void WHERE folded AND key_user IS NULL
UNION ALL
SELECT 'void_differs', raid_id, format('raid %s contribution %s', raid_id, contribution_id),
       format('user=%s xp=%s day=%s folded', key_user, key_xp, key_day),
       format('user=%s xp=%s day=%s%s', user_id, xp, day, CASE WHEN folded THEN ' folded' END)
FROM void WHERE key_user IS NOT NULL AND ((user_id, xp, day) <> (key_user, key_xp, key_day) OR NOT folded)
UNION ALL
SELECT 'void_without_entry', raid_id, format('raid %s contribution %s', raid_id, contribution_id),
       'an entry', 'none'
FROM void WHERE NOT told
UNION ALL
SELECT 'void_missing', raid_id, format('raid %s contribution %s', raid_id, entry ->> 'contribution_id'),
       'a void', 'none'
FROM raid_events AS e
WHERE raid_id > $1 AND raid_id <= $2 AND event = 'contribution_voided'
  AND NOT EXISTS (SELECT FROM contribution_voids AS v
                  WHERE v.raid_id = e.raid_id AND v.contribution_id = (e.entry ->> 'contribution_id')::uuid)
ORDER BY 2, 3, 1
