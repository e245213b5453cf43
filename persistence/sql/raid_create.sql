-- Create a raid and put its leader into it.
-- Params: $1 title, $2 description, $3 public, $4 open join, $5 target xp, $6 target tasks,
--         $7 time limit in hours, $8 max members, $9 max xp per contribution,
--         $10 max xp per member per day or null, $11 leader id, $12 leader's name, $13 invite code
-- Returns the raid's id.
WITH raid AS (
    INSERT INTO raids
        (epoch, title, description, public, open_join, target_xp, target_tasks, time_limit_hours,
         max_members, max_xp_per_contribution, max_xp_per_member_per_day, leader_id, invite_code)
    VALUES
        (extract(epoch FROM now() - timestamptz '2026-01-01 00:00:00+00')::bigint,
         $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $13)
    RETURNING id, epoch, created_at
),
leader AS (
    INSERT INTO raid_members (raid_id, user_id, state, username, joined_at, epoch, seq)
    SELECT id, $11, 'member', $12, created_at, epoch, 0 FROM raid
),
code AS (
    INSERT INTO invite_codes (code, raid_id) SELECT $13, id FROM raid
)
SELECT id FROM raid
