-- Make the rewards of unlocks what their definitions say: those that are missing, and those that differ.
-- Params: $1 user ids bigint[], $2 achievement ids bigint[], side by side
INSERT INTO user_achievement_rewards AS r (user_id, group_name, tier, achievement_id, xp, credits, granted_at)
SELECT DISTINCT ON (w.user_id, d.group_name, d.tier)
       w.user_id, d.group_name, d.tier, d.id, d.reward_xp, d.reward_credits, coalesce(u.unlocked_at, now())
FROM unnest($1::bigint[], $2::bigint[]) AS w (user_id, achievement_id)
     JOIN achievements AS d ON d.id = w.achievement_id
     LEFT JOIN user_achievements AS u ON u.user_id = w.user_id AND u.achievement_id = d.id
ORDER BY w.user_id, d.group_name, d.tier, d.id
ON CONFLICT (user_id, group_name, tier) DO UPDATE SET xp = excluded.xp, credits = excluded.credits
WHERE r.achievement_id = excluded.achievement_id
