-- Give a job up, unless somebody else has got further with it.
-- Params: $1 job id, $2 place, $3 why
UPDATE jobs SET state = 'failed', error = $3, updated_at = clock_timestamp(), finished_at = clock_timestamp()
WHERE id = $1 AND place = $2 AND state IN ('waiting', 'running')
