-- The migrations applied so far.
SELECT name FROM schema_migrations ORDER BY name
