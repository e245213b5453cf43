-- Whether this Postgres takes writes now: 25006 while it is read-only.
SELECT pg_current_xact_id()::text
