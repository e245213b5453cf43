-- Has this month a partition?
-- Params: $1 the month's first day
SELECT to_regclass('contributions_' || to_char($1::date, 'YYYY_MM')) IS NOT NULL
