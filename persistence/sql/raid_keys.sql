-- The contributions a raid knows, by seq.
-- Params: $1 raid id
SELECT k.contribution_id::text AS contribution_id, k.epoch, k.seq,
       encode(k.fingerprint, 'hex') AS fingerprint, k.user_id, k.xp,
       (extract(epoch FROM k.contributed_at) * 1000)::bigint AS at_ms, k.day,
       v.contribution_id IS NOT NULL AS voided
FROM contribution_keys AS k
     LEFT JOIN contribution_voids AS v ON v.raid_id = k.raid_id AND v.contribution_id = k.contribution_id
WHERE k.raid_id = $1
ORDER BY k.seq, k.epoch
