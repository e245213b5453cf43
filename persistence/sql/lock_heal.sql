-- Try to be the one who heals this raid.
-- Params: $1 raid id
SELECT pg_try_advisory_lock(hashtextextended('raidline.heal', $1)) AS held
