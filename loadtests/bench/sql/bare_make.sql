-- A table of a contribution's columns with its key, and nothing that hangs on it.
CREATE TABLE bare (
    raid_id         bigint,
    epoch           bigint,
    seq             bigint,
    contribution_id uuid,
    user_id         bigint,
    xp              integer,
    type            text,
    day             date,
    occurred_at     timestamptz,
    created_at      timestamptz,
    PRIMARY KEY (raid_id, contribution_id)
)
