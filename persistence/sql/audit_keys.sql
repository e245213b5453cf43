-- Keys against contributions, both ways, and every contribution once.
-- Params: $1 raids above this id, $2 up to this one
WITH held AS (
    SELECT raid_id, contribution_id, count(*) AS times,
           min(format('epoch=%s seq=%s user=%s xp=%s day=%s at=%s', epoch, seq, user_id, xp, day, created_at)) AS said
    FROM contributions WHERE raid_id > $1 AND raid_id <= $2
    GROUP BY raid_id, contribution_id
),
known AS (
    SELECT raid_id, contribution_id,
           format('epoch=%s seq=%s user=%s xp=%s day=%s at=%s', epoch, seq, user_id, xp, day, contributed_at) AS said
    FROM contribution_keys WHERE raid_id > $1 AND raid_id <= $2
),
compared AS (
    SELECT raid_id, contribution_id, held.times, held.said AS held, known.said AS known
    FROM held FULL JOIN known USING (raid_id, contribution_id)
)
SELECT CASE WHEN known IS NULL THEN 'key_missing'
            WHEN held IS NULL THEN 'contribution_missing'
            WHEN times > 1 THEN 'contribution_twice'
            ELSE 'key_differs' END AS kind,
       raid_id AS owner, format('raid %s contribution %s', raid_id, contribution_id) AS place,
       CASE WHEN times > 1 THEN 'once' ELSE coalesce(held, known) END AS expected,
       CASE WHEN times > 1 THEN times || ' times' WHEN held IS NULL OR known IS NULL THEN 'no row'
            ELSE known END AS found
FROM compared
WHERE held IS DISTINCT FROM known OR times > 1
ORDER BY raid_id, contribution_id
