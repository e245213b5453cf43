-- What the state remembers of each contribution, in one string per id:
--   epoch-seq|fingerprint|user_id|xp|at|day|voided      voided is 0 or 1

local function pack_contribution(one)
  return table.concat({ one.position, one.fingerprint, text_of(one.user_id), text_of(one.xp), text_of(one.at),
    one.day, one.voided and '1' or '0' }, '|')
end

local function unpack_contribution(packed)
  local position, fingerprint, user_id, xp, at, day, voided =
    string.match(packed, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)$')
  return {
    position = position, seq = tonumber(string.match(position, '%d+$')), epoch = tonumber(string.match(position, '^%d+')),
    fingerprint = fingerprint, user_id = tonumber(user_id), xp = tonumber(xp), at = tonumber(at), day = day,
    voided = voided == '1',
  }
end

-- The contribution, or nil when it is new, and whether the ledger has to be asked first: a healed raid with
-- very many contributions is loaded without their ids (`known_keys` = partial). What the ledger said comes back in
-- `looked_up` {epoch, packed | null}; it counts only in the epoch in which it was asked for, for
-- in between another server may have decided the same key and a heal may have dropped it from here again.
local function find_contribution(raid, id, looked_up)
  local packed = redis.call('HGET', raid.keys.contributions, id)
  if packed then return unpack_contribution(packed), false end
  if raid.known_keys ~= 'partial' then return nil, false end
  if type(looked_up) ~= 'table' or looked_up.epoch ~= raid.epoch then return nil, true end
  if type(looked_up.packed) ~= 'string' then return nil, false end
  return unpack_contribution(looked_up.packed), false
end

-- The raid's and the member's totals, as the answer to a contribution carries them.
local function totals(raid, user_id)
  local member = text_of(user_id)
  return to_json({
    raid = {
      status = raid.status, currentXp = raid.current_xp, currentTasks = raid.current_tasks,
      targetXp = raid.target_xp, targetTasks = raid.target_tasks,
    },
    member = {
      userId = user_id,
      xpContributed = tonumber(redis.call('HGET', raid.keys.xp, member) or 0),
      tasksContributed = tonumber(redis.call('HGET', raid.keys.tasks, member) or 0),
    },
  })
end
