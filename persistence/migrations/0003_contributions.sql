-- The contributions, the keys that decide which of them are new, and the voids that take them back.

-- Not partitioned by time: a key outlives the month of its contribution. It repeats of the
-- contribution what a retry, a void and a heal need, so that these never miss a detached month.
CREATE TABLE contribution_keys (
    raid_id         bigint      NOT NULL,
    contribution_id uuid        NOT NULL,
    epoch           bigint      NOT NULL,
    seq             bigint      NOT NULL,
    fingerprint     bytea       NOT NULL,
    user_id         bigint      NOT NULL,
    xp              integer     NOT NULL,
    day             date        NOT NULL,  -- in the person's own zone
    contributed_at  timestamptz NOT NULL,
    effects         jsonb       NOT NULL DEFAULT '{"streak": null, "unlocked": [], "rewards": [], "level": null}',
    PRIMARY KEY (raid_id, contribution_id)
) PARTITION BY HASH (raid_id);
CREATE TABLE contribution_keys_0 PARTITION OF contribution_keys FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE contribution_keys_1 PARTITION OF contribution_keys FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE contribution_keys_2 PARTITION OF contribution_keys FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE contribution_keys_3 PARTITION OF contribution_keys FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE contribution_keys_4 PARTITION OF contribution_keys FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE contribution_keys_5 PARTITION OF contribution_keys FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE contribution_keys_6 PARTITION OF contribution_keys FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE contribution_keys_7 PARTITION OF contribution_keys FOR VALUES WITH (MODULUS 8, REMAINDER 7);

CREATE TABLE contributions (
    raid_id         bigint      NOT NULL,
    epoch           bigint      NOT NULL,
    seq             bigint      NOT NULL,
    contribution_id uuid        NOT NULL,
    user_id         bigint      NOT NULL,
    actor_id        bigint,  -- who posted it, where that is somebody else
    xp              integer     NOT NULL,
    type            text        NOT NULL,
    task_id         text,
    occurred_at     timestamptz NOT NULL,
    day             date        NOT NULL,
    created_at      timestamptz NOT NULL,  -- when it was decided
    CONSTRAINT contributions_xp_is_possible CHECK (xp BETWEEN 0 AND 1000000)
) PARTITION BY RANGE (created_at);
CREATE INDEX contributions_raid_id_seq ON contributions (raid_id, seq);
CREATE INDEX contributions_user_id_created_at ON contributions (user_id, created_at DESC);
-- Months are made ahead by the worker; what has no month yet lands here and is moved later.
CREATE TABLE contributions_default PARTITION OF contributions DEFAULT;

CREATE TABLE contribution_voids (
    raid_id         bigint      NOT NULL,
    contribution_id uuid        NOT NULL,
    epoch           bigint      NOT NULL,
    seq             bigint      NOT NULL,
    user_id         bigint      NOT NULL,
    xp              integer     NOT NULL,
    day             date        NOT NULL,
    voided_at       timestamptz NOT NULL,
    folded          boolean     NOT NULL,  -- false: its contribution is in quarantine, nothing to take back
    PRIMARY KEY (raid_id, contribution_id)
);
