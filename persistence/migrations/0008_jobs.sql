-- Work in pages, done by the worker: a page and the place it leads to commit together.

CREATE TABLE jobs (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL,  -- raid_completed, recompute, erase
    params      jsonb       NOT NULL,
    state       text        NOT NULL DEFAULT 'waiting',
    place       bigint      NOT NULL DEFAULT 0,  -- the last user done
    result      jsonb       NOT NULL DEFAULT '{}',
    error       text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT jobs_state_is_known CHECK (state IN ('waiting', 'running', 'done', 'failed'))
);
CREATE INDEX jobs_open ON jobs (id) WHERE state IN ('waiting', 'running');
CREATE INDEX jobs_finished_at ON jobs (finished_at) WHERE finished_at IS NOT NULL;

-- Who was in a raid when it was completed. The rows that raids_completed and raids_led count.
CREATE TABLE raid_completions (
    raid_id      bigint      NOT NULL,
    user_id      bigint      NOT NULL,
    led          boolean     NOT NULL,
    completed_at timestamptz NOT NULL,
    PRIMARY KEY (raid_id, user_id)
);
CREATE INDEX raid_completions_user_id ON raid_completions (user_id);
