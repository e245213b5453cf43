-- Where a page of so many achievements ends; nothing where fewer are left.
-- Params: $1 those above this id, $2 how many
SELECT id FROM achievements WHERE id > $1 ORDER BY id OFFSET $2 - 1 LIMIT 1
