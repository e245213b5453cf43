-- What each person has done, ever and by local day. Folded from fresh contributions and voids only.

CREATE TABLE user_stats (
    user_id bigint PRIMARY KEY,
    xp      bigint NOT NULL DEFAULT 0,
    tasks   bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 80);

CREATE TABLE user_daily_stats (
    user_id bigint NOT NULL,
    day     date   NOT NULL,
    xp      bigint NOT NULL DEFAULT 0,
    tasks   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, day)
) WITH (fillfactor = 80);
