-- The newest commands of a raid other than contributions, newest first.
-- Params: $1 raid id, $2 limit
SELECT command_id::text AS command_id, seq FROM raid_events WHERE raid_id = $1
ORDER BY epoch DESC, seq DESC LIMIT $2
