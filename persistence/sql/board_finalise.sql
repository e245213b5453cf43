-- Store a board as it stood at the instant from which on nothing counts; nothing where it is stored already.
-- What was decided from that instant on and is in the totals by now is left out: of people who have such a day, that
-- day is counted anew from their contributions.
-- Params: $1 board, $2 first day, $3 last day, $4 the instant, $5 before anything of these days can have been decided
-- Returns the number of people on it, or no row.
WITH counted AS (
    SELECT d.user_id, d.xp, coalesce(d.reached_at, $5) AS reached_at
    FROM user_daily_stats AS d
    WHERE d.day BETWEEN $2 AND $3 AND (d.reached_at IS NULL OR d.reached_at < $4)
    UNION ALL
    SELECT d.user_id, in_time.xp, in_time.reached_at
    FROM user_daily_stats AS d,
         LATERAL (
            SELECT sum(c.xp) FILTER (WHERE v.voided_at IS NULL) AS xp,
                   max(greatest(c.created_at, v.voided_at)) AS reached_at
            FROM contributions AS c
                 LEFT JOIN contribution_voids AS v
                 ON v.raid_id = c.raid_id AND v.contribution_id = c.contribution_id AND v.voided_at < $4
            WHERE c.user_id = d.user_id AND c.day = d.day AND c.xp <> 0
              AND c.created_at >= $5 AND c.created_at < $4) AS in_time
    WHERE d.day BETWEEN $2 AND $3 AND d.reached_at >= $4
),
standing AS MATERIALIZED (
    SELECT user_id, sum(xp) AS xp, max(reached_at) AS reached_at
    FROM counted GROUP BY user_id HAVING sum(xp) > 0
),
stored AS (
    INSERT INTO leaderboard_finals (board, people, final_at)
    SELECT $1, (SELECT count(*) FROM standing), $4
    ON CONFLICT (board) DO NOTHING
    RETURNING board, people
),
placed AS (
    INSERT INTO leaderboard_final_entries (board, place, user_id, xp, reached_at)
    SELECT stored.board, row_number() OVER (ORDER BY xp DESC, reached_at, user_id), user_id, xp, reached_at
    FROM standing, stored
    ORDER BY 2
)
SELECT people FROM stored
