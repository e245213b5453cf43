-- Everything that could be found of somebody is away. Look once more when what was under way when they went (a join
-- that the ledger did not have yet) has come; nothing is left to do after a look that began later than that.
-- Params: $1 user id, $2 how many seconds ago this look began, $3 seconds after which a look is the last
WITH last_look AS (
    DELETE FROM forgotten
    WHERE user_id = $1 AND now() - $2::float8 * interval '1 second' >= at + $3::float8 * interval '1 second'
    RETURNING user_id
)
UPDATE forgotten SET due_at = at + $3::float8 * interval '1 second'
WHERE user_id = $1 AND user_id NOT IN (SELECT user_id FROM last_look)
