-- What a reader sees of a raid: everything, or nothing when it is neither public nor theirs.
-- include: presence

-- {outcome, epoch, is_member}; outcome ok | missing | suspect | not_found. An empty user_id is nobody.
local function open_for(state, members, run_id, least_epoch, user_id)
  local values = redis.call('HMGET', state, 'epoch', 'run_id', 'frozen', 'public')
  local epoch = values[1]
  if not epoch then return { 'missing', least_epoch, '0' } end
  if values[2] ~= run_id or values[3] ~= '' or tonumber(epoch) < tonumber(least_epoch) then
    return { 'suspect', string.format('%.0f', math.max(tonumber(epoch), tonumber(least_epoch))), '0' }
  end
  local member = user_id ~= '' and redis.call('HEXISTS', members, user_id) or 0
  if member == 0 and values[4] ~= '1' and user_id ~= '*' then return { 'not_found', epoch, '0' } end
  return { 'ok', epoch, member == 1 and '1' or '0' }
end

-- Everything a snapshot is made of: state, members, xp, tasks, each as a flat list of pairs; then who is online, and
-- the mark of that: "<life>-<version>".
local function read_all(state, members, xp, tasks, presence, online, run_id)
  local life, version = presence_mark(presence, run_id)
  return {
    redis.call('HGETALL', state), redis.call('HGETALL', members), redis.call('HGETALL', xp), redis.call('HGETALL', tasks),
    online_for_snapshot(presence, online, members, run_id), life .. '-' .. version,
  }
end
