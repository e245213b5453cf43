-- People who asked to be forgotten, as long as something of them may be left. Their row in users goes at once; what
-- they contributed stays under a number that is nobody's, for a raid's total is the sum of its contributions.

CREATE TABLE forgotten (
    user_id bigint      PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    due_at  timestamptz NOT NULL DEFAULT now()  -- when to look (again) for what is left
);
