-- Whether there is a job to be done.
-- Params: $1 kinds we know
SELECT EXISTS (SELECT FROM jobs WHERE state IN ('waiting', 'running') AND kind = ANY ($1::text[]))
