-- Let one process migrate at a time; held until the connection closes.
SELECT pg_advisory_lock(hashtextextended('raidline.migrate', 0))
