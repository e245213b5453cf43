-- Delete an achievement with its tallies. To be sent after definition_hold.sql, so that what was unlocked meanwhile
-- is seen; what people have of it is deleted behind it, see progress_erase.sql.
-- Params: $1 achievement id
WITH forgotten AS (
    DELETE FROM achievement_tallies WHERE achievement_id = $1
)
DELETE FROM achievements WHERE id = $1
