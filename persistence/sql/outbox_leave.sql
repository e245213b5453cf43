-- Leave something to be told, in the transaction it tells of.
-- Params: $1 topic, $2 payload as JSON text
INSERT INTO outbox (topic, payload) SELECT $1::text, $2::json WHERE $1 IS NOT NULL
RETURNING id, topic, payload
