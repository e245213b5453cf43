-- The raid a code was claimed for, be it current or of the past.
-- Params: $1 code in upper case
SELECT raid_id FROM invite_codes WHERE code = $1
