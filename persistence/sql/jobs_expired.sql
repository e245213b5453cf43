-- Delete jobs that ended long ago.
-- Params: $1 days
DELETE FROM jobs WHERE finished_at < now() - make_interval(days => $1)
