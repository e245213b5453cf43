-- Count one contribution, once, and complete the raid with it when it reaches both targets.
--
-- KEYS, ARGV, reply: README.md. Command:
--   id            contribution id, UUIDv5 of (raid, member, key); also the command's id
--   fingerprint   hex digest of the body: the same id with another body is refused
--   user_id       the member it counts for
--   actor_id      who posts it, absent for an operator; may_write_for_others: true frees the actor of membership
--   xp, type, task_id?, day (the member's local day, "YYYY-MM-DD"), live (whether that day is not over yet)
--   occurred_at?  ms; absent: now
--   late_ms?      how old occurred_at may be; absent: as old as it likes, from 1970 on
--   looked_up?    {epoch, packed | null}: what the ledger says of the id, after an `unknown_key`
--
-- Outcomes, in the order in which they are decided:
--   duplicate                        known id: the first answer, before any other check
--   idempotency_key_reused           known id, other body
--   unknown_key                      ask the ledger, then again with looked_up
--   not_member                       user_id is not a member
--   raid_not_active | raid_ended | deadline_passed
--   xp_above_cap | occurred_at_out_of_range | daily_cap_reached
--   total_limit_reached | contribution_limit_reached
--   accepted
-- result: "<epoch>-<seq>" of the first answer, a space, and {raid, member}: the totals now.

-- include: raid
-- include: ending
-- include: contribution

local TOTAL_MAX = 1e12            -- cjson and doubles stay exact far beyond it
local CONTRIBUTIONS_MAX = 1000000 -- per raid
local AHEAD_MAX_MS = 5 * 60 * 1000

local raid, trouble = open_raid(name_keys(KEYS), ARGV[1], tonumber(ARGV[2]), ARGV[3])
if not raid then return trouble end
local command = cjson.decode(ARGV[4])
local member = text_of(command.user_id)

local function answer(outcome, position)
  return reply(raid, outcome, position .. ' ' .. totals(raid, command.user_id))
end

-- What was decided goes through the ledger again: the entry if the log has it, and if it ended the raid,
-- the end and all that led to it.
local function repeat_of(known)
  -- An empty one was lost with its row and made up for by a repair: any body will do.
  local same = known.fingerprint == command.fingerprint or known.fingerprint == ''
  if not same then return reply(raid, 'idempotency_key_reused') end
  if known.epoch == raid.epoch and known.seq > raid.audited_seq then
    local following = redis.call('XRANGE', raid.keys.log, text_of(known.seq + 1) .. '-0', text_of(known.seq + 1) .. '-0')
    local ended_by_it = following[1] and following[1][2][4] == command.id
    if ended_by_it then
      hand_over(raid, raid.audited_seq + 1, known.seq + 1)
    else
      hand_over(raid, known.seq, known.seq)
    end
  end
  return answer('duplicate', known.position)
end

local function refusal_by_status()
  if raid.status == 'recruiting' then return 'raid_not_active' end
  if has_ended(raid) then
    local missed = raid.status == 'failed' and raid.deadline and raid.now >= raid.deadline
    return missed and 'deadline_passed' or 'raid_ended'
  end
  return fail_if_due(raid, command.id) and 'deadline_passed' or nil
end

local function occurred_out_of_range()
  local occurred_at = command.occurred_at
  if not occurred_at then return false end
  if occurred_at < 0 or occurred_at > raid.now + AHEAD_MAX_MS then return true end
  return command.late_ms ~= nil and occurred_at < raid.now - command.late_ms
end

local function above_daily_cap()
  local cap = raid.max_xp_per_member_per_day
  if not cap then return false end
  local so_far = tonumber(redis.call('HGET', raid.keys.day_xp, member .. ':' .. command.day) or 0)
  return so_far + command.xp > cap
end

local function refusal_by_limits()
  if command.xp > raid.max_xp_per_contribution then return 'xp_above_cap' end
  if occurred_out_of_range() then return 'occurred_at_out_of_range' end
  if above_daily_cap() then return 'daily_cap_reached' end
  if raid.current_xp + command.xp > TOTAL_MAX then return 'total_limit_reached' end
  if raid.contribution_count >= CONTRIBUTIONS_MAX then return 'contribution_limit_reached' end
  return nil
end

local function count_it()
  raid.current_xp = raid.current_xp + command.xp
  raid.current_tasks = raid.current_tasks + 1
  raid.contribution_count = raid.contribution_count + 1
  local xp = redis.call('HINCRBY', raid.keys.xp, member, text_of(command.xp))
  local tasks = redis.call('HINCRBY', raid.keys.tasks, member, 1)
  if raid.max_xp_per_member_per_day then
    redis.call('HINCRBY', raid.keys.day_xp, member .. ':' .. command.day, text_of(command.xp))
  end
  append(raid, 'contribution', command.id, {
    contributionId = command.id, userId = command.user_id, xp = command.xp, contributionType = command.type,
    taskId = command.task_id, currentXp = raid.current_xp, currentTasks = raid.current_tasks,
    xpContributed = xp, tasksContributed = tasks,
  }, {
    contribution_id = command.id, fingerprint = command.fingerprint, user_id = command.user_id,
    actor_id = command.actor_id, xp = command.xp, type = command.type, task_id = command.task_id,
    occurred_at = command.occurred_at or raid.now, day = command.day, live = command.live or false,
  })
  redis.call('HSET', raid.keys.contributions, command.id, pack_contribution({
    position = text_of(raid.epoch) .. '-' .. text_of(raid.seq), fingerprint = command.fingerprint,
    user_id = command.user_id, xp = command.xp, at = raid.now, day = command.day, voided = false,
  }))
end

local known, ask_ledger = find_contribution(raid, command.id, command.looked_up)
if known then return repeat_of(known) end
if ask_ledger then return reply(raid, 'unknown_key') end

local may_post = command.may_write_for_others or command.actor_id == command.user_id or is_member(raid, command.actor_id)
if not may_post or not is_member(raid, command.user_id) then return reply(raid, 'not_member') end
local refused = refusal_by_status() or refusal_by_limits()
if refused then return reply(raid, refused) end
local stopped = cannot_append(raid)
if stopped then return stopped end

count_it()
local seq = raid.seq
complete_if_met(raid, command.id)
save(raid)
return answer('accepted', text_of(raid.epoch) .. '-' .. text_of(seq))
