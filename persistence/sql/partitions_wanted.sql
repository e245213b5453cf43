-- The first days of the months that need a partition and have none: from this month on so many
-- ahead, and every month that has rows in the default partition.
-- Params: $1 months ahead
WITH wanted AS (
    SELECT generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'),
                           date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => $1),
                           interval '1 month')::date AS month
    UNION
    SELECT DISTINCT date_trunc('month', created_at AT TIME ZONE 'UTC')::date FROM contributions_default
)
SELECT month FROM wanted
WHERE to_regclass('contributions_' || to_char(month, 'YYYY_MM')) IS NULL ORDER BY month
