-- Read what still waits to be told; rows another worker is reading are skipped.
-- Params: $1 older than so many seconds, $2 limit
SELECT id, topic, payload::text AS payload FROM outbox
WHERE created_at <= now() - make_interval(secs => $1::float8)
ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
