-- What each member of a raid contributed on each local day, voids taken off.
-- Params: $1 raid id
SELECT k.user_id, k.day, sum(k.xp)::bigint AS xp
FROM contribution_keys AS k
WHERE k.raid_id = $1
  AND NOT EXISTS (SELECT FROM contribution_voids AS v
                  WHERE v.raid_id = k.raid_id AND v.contribution_id = k.contribution_id)
GROUP BY k.user_id, k.day ORDER BY k.user_id, k.day
