-- Note how far a job is.
-- Params: $1 job id, $2 state, $3 place, $4 result as JSON text
UPDATE jobs SET
    state = $2, place = $3, result = $4::jsonb, updated_at = clock_timestamp(),
    finished_at = CASE WHEN $2 = 'done' THEN clock_timestamp() END
WHERE id = $1
