"""Everything Postgres: pool, migrations, the ledger and its folds, reads. Knows nothing of HTTP or Redis."""
