-- Is there such a raid?
-- Params: $1 raid id
SELECT EXISTS (SELECT FROM raids WHERE id = $1)
