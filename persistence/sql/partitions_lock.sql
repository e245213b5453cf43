-- Let one process make partitions at a time, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('raidline.partitions', 0))
