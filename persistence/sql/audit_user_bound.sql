-- Where a page of so many users ends; nothing where fewer are left.
-- Params: $1 those above this id, $2 how many
SELECT user_id FROM user_stats WHERE user_id > $1 ORDER BY user_id OFFSET $2 - 1 LIMIT 1
