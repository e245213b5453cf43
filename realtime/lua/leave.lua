-- Somebody leaves. A leader hands over to the longest-standing member; when the last one leaves the raid
-- is cancelled.
--
-- KEYS, ARGV, reply: README.md. Command: id, user_id
--
-- Outcomes: done | already (was a member once) | not_found (never was, or was put out of a raid that is not
--   public) | raid_ended

-- include: raid
-- include: ending
-- include: repeats
-- include: membership

local raid, trouble = open_raid(name_keys(KEYS), ARGV[1], tonumber(ARGV[2]), ARGV[3])
if not raid then return trouble end
local command = cjson.decode(ARGV[4])

local before = repeated(raid, command.id)
if before then return before end
if not is_member(raid, command.user_id) then
  local how = redis.call('HGET', raid.keys.past, text_of(command.user_id))
  local is_hidden = how == 'removed' and raid.public ~= '1'
  return reply(raid, how and not is_hidden and 'already' or 'not_found')
end
if has_ended(raid) or fail_if_due(raid, command.id) then return reply(raid, 'raid_ended') end
local stopped = cannot_append(raid)
if stopped then return stopped end

take_out(raid, command.user_id, 'left')
local next_leader = nil
if command.user_id == raid.leader_id then
  next_leader = longest_standing(raid)
  raid.leader_id = next_leader or raid.leader_id
end
append(raid, 'member_leave', command.id,
  { userId = command.user_id, removed = false, newLeaderId = next_leader },
  { user_id = command.user_id, removed = false, new_leader_id = next_leader })
remember(raid, command.id, raid.seq)
if raid.member_count == 0 then end_raid(raid, 'cancelled', 'raid_cancelled', command.id, 'empty') end
save(raid)
return reply(raid, 'done')
