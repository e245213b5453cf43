-- How a raid ends. An end commits in the ledger together with all that led to it, so a reply that
-- carries one also carries the entries below it that no auditor has vouched for.

local function end_raid(raid, status, event, command_id, reason)
  local first_new = raid.entries[1] and tonumber(raid.entries[1]) or raid.seq + 1
  raid.status, raid.ended_at = status, raid.now
  local data = { endedAt = rfc3339(raid.now), reason = reason }
  if event == 'raid_complete' then
    data.currentXp, data.currentTasks = raid.current_xp, raid.current_tasks
  end
  append(raid, event, command_id, data, { reason = reason })
  if first_new - 1 > raid.audited_seq then hand_over(raid, raid.audited_seq + 1, first_new - 1) end
end

local function both_targets_met(raid)
  return raid.current_xp >= raid.target_xp and raid.current_tasks >= raid.target_tasks
end

local function complete_if_met(raid, command_id)
  if raid.status == 'active' and both_targets_met(raid) then
    end_raid(raid, 'completed', 'raid_complete', command_id, nil)
  end
end

-- An active raid past its deadline fails by whatever script meets it first. Says whether it did.
local function fail_if_due(raid, command_id)
  if raid.status ~= 'active' or raid.now < raid.deadline then return false end
  end_raid(raid, 'failed', 'raid_failed', command_id, 'deadline')
  save(raid)
  return true
end
