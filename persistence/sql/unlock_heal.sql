-- Let others heal this raid.
-- Params: $1 raid id
SELECT pg_advisory_unlock(hashtextextended('raidline.heal', $1))
