-- Has this month a partition?
-- Params: $1 the month's first day
SELECT EXISTS (
    -- Not to_regclass: it may answer from a cache older than the lock.
    SELECT FROM pg_class
    WHERE relname = 'contributions_' || to_char($1::date, 'YYYY_MM')
      AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'contributions'::regclass))
