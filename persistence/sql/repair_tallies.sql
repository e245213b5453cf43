-- Add to the tallies of achievements what they are short of. How long after they came it was is not known here.
-- Params: arrays side by side: $1 achievement ids bigint[]   $2 days date[]   $3 unlocks bigint[]
INSERT INTO achievement_tallies (achievement_id, day, hours, unlocks)
SELECT achievement_id, day, 0, unlocks
FROM unnest($1::bigint[], $2::date[], $3::bigint[]) AS t (achievement_id, day, unlocks)
