-- What is still to be told, and what could not be recorded.

CREATE TABLE outbox (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text        NOT NULL,
    payload    jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ledger_quarantine (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    raid_id         bigint      NOT NULL,
    epoch           bigint      NOT NULL,
    seq             bigint      NOT NULL,
    event           text        NOT NULL,
    contribution_id uuid,  -- null also where the entry's own is malformed
    entry           text        NOT NULL,
    sqlstate        text        NOT NULL,
    message         text        NOT NULL,  -- names constraint and column, never a value
    created_at      timestamptz NOT NULL DEFAULT now(),
    resolved_at     timestamptz,  -- when a void took it back
    CONSTRAINT ledger_quarantine_one_row_per_entry UNIQUE (raid_id, epoch, seq)
);
CREATE INDEX ledger_quarantine_contribution ON ledger_quarantine (raid_id, contribution_id);
CREATE INDEX ledger_quarantine_unresolved ON ledger_quarantine (id) WHERE resolved_at IS NULL;
