-- Note that a raid has left Redis in good order, unless it was healed in the meantime.
-- Params: $1 raid id, $2 epoch
UPDATE raids SET unloaded = true WHERE id = $1 AND epoch = $2 RETURNING id
