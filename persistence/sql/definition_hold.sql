-- Wait for whoever is unlocking an achievement just now, and keep all others from it.
-- Params: $1 achievement id
SELECT id FROM achievements WHERE id = $1 FOR UPDATE
