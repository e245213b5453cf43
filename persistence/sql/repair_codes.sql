-- Claim the codes of some raids where the claim is gone.
-- Params: $1 raid ids bigint[]
INSERT INTO invite_codes (code, raid_id)
SELECT invite_code, id FROM raids WHERE id = ANY ($1::bigint[]) ORDER BY invite_code
ON CONFLICT DO NOTHING
