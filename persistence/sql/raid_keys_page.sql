-- The contributions a raid knows, by id, in pages.
-- Params: $1 raid id, $2 those after this contribution id as text, $3 limit
SELECT k.contribution_id::text AS contribution_id, k.epoch, k.seq,
       encode(k.fingerprint, 'hex') AS fingerprint, k.user_id, k.xp,
       (extract(epoch FROM k.contributed_at) * 1000)::bigint AS at_ms, k.day,
       v.contribution_id IS NOT NULL AS voided
FROM contribution_keys AS k
     LEFT JOIN contribution_voids AS v ON v.raid_id = k.raid_id AND v.contribution_id = k.contribution_id
WHERE k.raid_id = $1 AND k.contribution_id > $2::text::uuid
ORDER BY k.contribution_id LIMIT $3
