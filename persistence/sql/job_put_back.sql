-- Let the others go first.
-- Params: $1 job id
UPDATE jobs SET updated_at = clock_timestamp() WHERE id = $1
