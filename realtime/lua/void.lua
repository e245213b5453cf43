-- Take one contribution back: its XP and its task leave the totals, for everyone to see.
-- Only while the raid is active: an end stands on the sums that led to it, and is final.
--
-- KEYS, ARGV, reply: README.md. Command:
--   id                the command's id
--   contribution_id
--   actor_id?         absent for an operator;  is_admin: true frees of the rules on who and when
--   own_window_ms     how long one may take back one's own
--   reason            a word for the ledger
--   looked_up?        {epoch, packed | null}, after an `unknown_key`
--
-- Outcomes: done | already (it was voided before) | unknown_key (ask the ledger) | not_found (actor is no member)
--   | unknown_contribution | raid_not_active | raid_ended | not_allowed | void_window_closed

-- include: raid
-- include: ending
-- include: repeats
-- include: contribution

local raid, trouble = open_raid(name_keys(KEYS), ARGV[1], tonumber(ARGV[2]), ARGV[3])
if not raid then return trouble end
local command = cjson.decode(ARGV[4])

local before = repeated(raid, command.id)
if before then return before end
if not command.is_admin and not is_member(raid, command.actor_id) then return reply(raid, 'not_found') end

local known, ask_ledger = find_contribution(raid, command.contribution_id, command.looked_up)
if ask_ledger then return reply(raid, 'unknown_key') end
if not known then return reply(raid, 'unknown_contribution') end

local function refusal()
  local is_leader = command.actor_id == raid.leader_id
  if command.is_admin or is_leader then return nil end
  if command.actor_id ~= known.user_id then return 'not_allowed' end
  if raid.now - known.at > command.own_window_ms then return 'void_window_closed' end
  return nil
end

local refused = refusal()
if refused then return reply(raid, refused) end
if known.voided then return reply(raid, 'already') end
if has_ended(raid) or fail_if_due(raid, command.id) then return reply(raid, 'raid_ended') end
if raid.status ~= 'active' then return reply(raid, 'raid_not_active') end
local stopped = cannot_append(raid)
if stopped then return stopped end

local member = text_of(known.user_id)
local taken = text_of(0 - known.xp) -- a mere minus would make "-0" of nothing, which is no integer to Redis
raid.current_xp = raid.current_xp - known.xp
raid.current_tasks = raid.current_tasks - 1
local xp = redis.call('HINCRBY', raid.keys.xp, member, taken)
local tasks = redis.call('HINCRBY', raid.keys.tasks, member, -1)
if raid.max_xp_per_member_per_day then
  redis.call('HINCRBY', raid.keys.day_xp, member .. ':' .. known.day, taken)
end
append(raid, 'contribution_voided', command.id, {
  contributionId = command.contribution_id, userId = known.user_id, xp = known.xp,
  currentXp = raid.current_xp, currentTasks = raid.current_tasks, xpContributed = xp, tasksContributed = tasks,
}, {
  contribution_id = command.contribution_id, user_id = known.user_id, xp = known.xp, day = known.day,
  contributed_at = known.at, actor_id = command.actor_id, reason = command.reason,
})
known.voided = true
redis.call('HSET', raid.keys.contributions, command.contribution_id, pack_contribution(known))
remember(raid, command.id, raid.seq)
save(raid)
return reply(raid, 'done')
