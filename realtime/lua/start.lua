-- The leader starts the raid; from now on it counts, until its deadline.
--
-- KEYS, ARGV, reply: README.md. Command: id, actor_id
--
-- Outcomes: done | already | not_found | not_leader | raid_ended

-- include: raid
-- include: ending
-- include: repeats
-- include: membership

local HOUR_MS = 3600 * 1000

local raid, trouble = open_raid(name_keys(KEYS), ARGV[1], tonumber(ARGV[2]), ARGV[3])
if not raid then return trouble end
local command = cjson.decode(ARGV[4])

local before = repeated(raid, command.id)
if before then return before end

local function refusal()
  local not_leader = leader_only(raid, command.actor_id)
  if not_leader then return not_leader end
  if has_ended(raid) or fail_if_due(raid, command.id) then return 'raid_ended' end
  return raid.status == 'active' and 'already' or nil
end

local refused = refusal()
if refused then return reply(raid, refused) end
local stopped = cannot_append(raid)
if stopped then return stopped end

raid.status, raid.started_at = 'active', raid.now
raid.deadline = raid.now + raid.time_limit_hours * HOUR_MS
append(raid, 'raid_start', command.id, { deadline = rfc3339(raid.deadline) }, {})
remember(raid, command.id, raid.seq)
save(raid)
return reply(raid, 'done', text_of(raid.deadline))
