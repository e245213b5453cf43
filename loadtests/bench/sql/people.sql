-- Make people.
-- Params: $1 how many
-- Returns their ids.
INSERT INTO users (name, tz) SELECT 'person-' || n, 'UTC' FROM generate_series(1, $1::integer) AS n RETURNING id
