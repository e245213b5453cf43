-- What waits for somebody: entries in quarantine that nothing has settled, and word not passed on for a minute.
-- Params: $1 how many of each at most
(SELECT 'quarantine' AS kind, raid_id AS owner, format('raid %s entry %s-%s', raid_id, epoch, seq) AS place,
        'recorded' AS expected, format('in quarantine: %s %s', sqlstate, message) AS found
 FROM ledger_quarantine WHERE resolved_at IS NULL ORDER BY id LIMIT $1)
UNION ALL
(SELECT 'outbox', id, format('outbox %s %s', id, topic), 'told', 'waiting since ' || created_at
 FROM outbox WHERE created_at < now() - interval '1 minute' ORDER BY id LIMIT $1)
