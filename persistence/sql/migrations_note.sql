-- Note a migration as applied.
-- Params: $1 name
INSERT INTO schema_migrations (name) VALUES ($1)
