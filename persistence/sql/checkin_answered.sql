-- Keep what the first call of a day was told.
-- Params: $1 user id, $2 local day, $3 the answer as JSON text
UPDATE checkins SET answer = $3::text::json WHERE user_id = $1 AND day = $2
