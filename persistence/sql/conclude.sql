-- The last statement of a batch: write the keys of its contributions with what each of them did, and leave word of all
-- of it. A key that is there already is a mistake of ours and fails the batch: it must never be counted twice.
-- Params: JSON, for an array costs the driver more with each of its elements
--   $1 the contributions that are new, as objects of the columns of `fresh` (fingerprint hex, at in ms)
--   $2 those taken back, as those of `given` in `moved`: boards change by them too
--   $3 people whose pages changed, an array; null: nothing is told
--   $4 events, an array
-- Returns (id, topic, payload) of the row in the outbox. Its boards hold absolute totals,
-- [user id, name, xp, version, reached at in ms]; those that were final at the entry's time are left out.
WITH fresh AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS given (
        raid_id bigint, contribution_id uuid, epoch bigint, seq bigint, fingerprint text, user_id bigint, xp integer,
        day date, at bigint, effects jsonb)
),
known AS (
    INSERT INTO contribution_keys
        (raid_id, contribution_id, epoch, seq, fingerprint, user_id, xp, day, contributed_at, effects)
    SELECT raid_id, contribution_id, epoch, seq, decode(fingerprint, 'hex'), user_id, xp, day,
           to_timestamp(at::float8 / 1000), effects
    FROM fresh
),
moved AS MATERIALIZED (
    SELECT raid_id, user_id, day, to_timestamp(at::float8 / 1000) AS at FROM fresh
    UNION ALL
    SELECT raid_id, user_id, day, to_timestamp(at::float8 / 1000)
    FROM json_to_recordset($2::json) AS given (raid_id bigint, user_id bigint, day date, at bigint)
),
person AS MATERIALIZED (  -- whoever is gone keeps their place on a board, without a name
    SELECT user_id, coalesce(called.name, '""') AS name FROM (SELECT DISTINCT user_id FROM moved) AS one
         LEFT JOIN LATERAL (SELECT to_json(name)::text AS name FROM users WHERE id = user_id LIMIT 1) AS called ON true
),
total AS (
    SELECT 'raid:' || raid_id AS board, user_id, t.xp, t.changes, t.reached_at
    FROM (SELECT DISTINCT raid_id, user_id FROM moved) AS one
         CROSS JOIN LATERAL (
             SELECT xp, changes, reached_at FROM raid_members
             WHERE raid_id = one.raid_id AND user_id = one.user_id LIMIT 1) AS t
    UNION ALL
    SELECT 'daily:' || day, user_id, t.xp, t.changes, t.reached_at
    FROM (SELECT DISTINCT user_id, day FROM moved
          WHERE at AT TIME ZONE 'UTC' < day + interval '38 hours') AS one
         CROSS JOIN LATERAL (
             SELECT xp, changes, reached_at FROM user_daily_stats
             WHERE user_id = one.user_id AND day = one.day LIMIT 1) AS t
    UNION ALL
    SELECT 'weekly:' || to_char(monday, 'IYYY"-W"IW'), user_id, t.xp, t.changes, t.reached_at
    FROM (SELECT DISTINCT user_id, monday
          FROM moved CROSS JOIN LATERAL (SELECT day - extract(isodow FROM day)::integer + 1) AS week (monday)
          WHERE at AT TIME ZONE 'UTC' < monday + interval '7 days 14 hours') AS one
         CROSS JOIN LATERAL (
             SELECT sum(xp) AS xp, sum(changes) AS changes, max(reached_at) AS reached_at FROM user_daily_stats
             WHERE user_id = one.user_id AND day BETWEEN monday AND monday + 6 OFFSET 0) AS t
),
board AS (
    SELECT to_json(board)::text || ':['
           || string_agg('[' || user_id || ',' || name || ',' || xp || ',' || changes || ','
                         || coalesce((date_part('epoch', reached_at) * 1000)::bigint, 0) || ']', ','
                         ORDER BY user_id)
           || ']' AS said
    FROM total JOIN person USING (user_id)
    GROUP BY board
)
INSERT INTO outbox (topic, payload)
SELECT 'progress',
       ('{"people":' || $3::text || ',"events":' || $4::text
        || ',"boards":{' || coalesce((SELECT string_agg(said, ',' ORDER BY said) FROM board), '') || '}}')::json
WHERE $3::text IS NOT NULL
RETURNING id, topic, payload::text AS payload
