-- What the first check-in of a day was told; nothing where there is none.
-- Params: $1 user id, $2 local day
SELECT answer::text FROM checkins WHERE user_id = $1 AND day = $2
