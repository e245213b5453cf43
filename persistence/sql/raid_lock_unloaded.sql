-- Hold an unloaded raid's row still, so that what is read next belongs together.
-- Params: $1 raid id
-- Returns nothing where the raid is not unloaded.
SELECT id FROM raids WHERE id = $1 AND unloaded FOR SHARE
