-- Put another name in the place of somebody's, wherever some raids have it. The raids must be locked.
-- Their sums stay: who did how much is what the raid's total is made of, and the number says nobody's name.
-- Params: $1 user id, $2 raid ids bigint[], $3 the other name
WITH member AS (
    UPDATE raid_members SET username = $3
    WHERE user_id = $1 AND raid_id = ANY ($2::bigint[]) AND username IS DISTINCT FROM $3
),
event AS (
    UPDATE raid_events SET entry = entry || jsonb_build_object('username', $3::text)
    WHERE raid_id = ANY ($2::bigint[]) AND event IN ('member_join', 'member_update')
      AND (entry ->> 'user_id')::bigint = $1 AND entry ->> 'username' <> $3
)
-- What is in quarantine is text that may be no JSON. The name is a JSON string in it, and so is what a task was called.
UPDATE ledger_quarantine SET entry = regexp_replace(
    entry, '("(?:username|task_id)"\s*:\s*)"(?:[^"\\]|\\.)*"', '\1' || to_json($3::text)::text, 'g')
WHERE raid_id = ANY ($2::bigint[]) AND entry ~ ('"user_id"\s*:\s*' || $1::bigint || '\y')
