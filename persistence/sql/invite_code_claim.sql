-- Claim a code for a raid; returns nothing where the code was ever given out.
-- Params: $1 code, $2 raid id
INSERT INTO invite_codes (code, raid_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING code
