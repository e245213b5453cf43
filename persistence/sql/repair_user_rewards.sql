-- Set what people's achievements brought them to what audit_user_progress.sql found right.
-- Params: arrays side by side: $1 user ids bigint[]   $2 XP bigint[]   $3 credits bigint[]   $4 levels integer[]
UPDATE user_stats AS s SET reward_xp = r.reward_xp, credits = r.credits, level = r.level
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[]) AS r (user_id, reward_xp, credits, level)
WHERE s.user_id = r.user_id
