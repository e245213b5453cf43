-- include: clock
-- include: publish
-- The raid as a script works on it: read once, changed in memory and in Redis together, answered from.

-- Beyond this many entries the ledger does not hold, nothing new is decided (outcome `backlog`, a 503):
-- the log is the only place that has them, and it must not grow without end.
local UNRECORDED_MAX = 100000

local HAND_OVER_MAX = 5000

-- An integer as text: tostring() would write 1e+15.
local function text_of(number)
  return string.format('%d', number)
end

-- An object as JSON. cjson prints 14 digits and longer integers as 1e+15: those go in as text and lose their quotes
-- afterwards. Nearly always there is none.
local CJSON_MAX = 1e14

local function quote_long(fields, quoted)
  for name, value in pairs(fields) do
    if type(value) == 'table' then
      quote_long(value, quoted)
    elseif type(value) == 'number' and value >= CJSON_MAX then
      fields[name], quoted[name] = text_of(value), true
    end
  end
end

local function to_json(fields)
  local json = cjson.encode(fields)
  if not string.find(json, 'e+', 1, true) then return json end
  local quoted = {}
  quote_long(fields, quoted)
  json = cjson.encode(fields)
  for name in pairs(quoted) do json = string.gsub(json, '"' .. name .. '":"(%d+)"', '"' .. name .. '":%1') end
  return json
end

local function name_keys(keys)
  return {
    state = keys[1], members = keys[2], xp = keys[3], tasks = keys[4], by_join = keys[5], log = keys[6],
    contributions = keys[7], past = keys[8], day_xp = keys[9], commands = keys[10],
  }
end

-- The raid, or nil and the reply to give instead: `missing`, or `suspect` with the epoch to heal to.
-- Numbers are nil for the empty text of a time that has not come. Spelled out: a loop over names costs every command.
local function open_raid(keys, run_id, least_epoch, channel)
  local v = redis.call('HMGET', keys.state, 'id', 'epoch', 'seq', 'audited_seq', 'target_xp', 'target_tasks',
    'current_xp', 'current_tasks', 'contribution_count', 'member_count', 'max_members', 'max_xp_per_contribution',
    'max_xp_per_member_per_day', 'time_limit_hours', 'leader_id', 'created_at', 'started_at', 'ended_at', 'deadline',
    'last_at', 'status', 'run_id', 'frozen', 'sealed', 'public', 'open_join', 'invite_code', 'known_keys')
  if not v[1] then return nil, { 'missing', text_of(least_epoch) } end
  local raid = {
    keys = keys, channel = channel, entries = {}, now = now_ms(tonumber(v[20])),
    id = tonumber(v[1]), epoch = tonumber(v[2]), seq = tonumber(v[3]), audited_seq = tonumber(v[4]),
    target_xp = tonumber(v[5]), target_tasks = tonumber(v[6]), current_xp = tonumber(v[7]),
    current_tasks = tonumber(v[8]), contribution_count = tonumber(v[9]), member_count = tonumber(v[10]),
    max_members = tonumber(v[11]), max_xp_per_contribution = tonumber(v[12]),
    max_xp_per_member_per_day = tonumber(v[13]), time_limit_hours = tonumber(v[14]), leader_id = tonumber(v[15]),
    created_at = tonumber(v[16]), started_at = tonumber(v[17]), ended_at = tonumber(v[18]),
    deadline = tonumber(v[19]), last_at = tonumber(v[20]), status = v[21], run_id = v[22], frozen = v[23],
    sealed = v[24], public = v[25], open_join = v[26], invite_code = v[27], known_keys = v[28],
  }
  local in_order = raid.run_id == run_id and raid.frozen == '' and raid.epoch >= least_epoch
  if not in_order then return nil, { 'suspect', text_of(math.max(least_epoch, raid.epoch)) } end
  return raid
end

local function has_ended(raid)
  return raid.status ~= 'recruiting' and raid.status ~= 'active'
end

-- An absent user (an operator) is no member.
local function is_member(raid, user_id)
  return user_id ~= nil and redis.call('HEXISTS', raid.keys.members, text_of(user_id)) == 1
end

-- The reply with the entries this call made (or found, for a repeat).
local function reply(raid, outcome, result)
  local answer = { outcome, text_of(raid.epoch), result or '' }
  for _, field in ipairs(raid.entries) do answer[#answer + 1] = field end
  return answer
end

-- Why nothing may be appended now, as a reply; nil when it may.
-- A sealed state is on its way out of Redis: it answers reads and repeats, but an entry in it could be
-- lost with it, so the raid has to be healed into a new epoch first.
local function cannot_append(raid)
  if raid.sealed == '1' then return { 'suspect', text_of(raid.epoch + 1) } end
  if raid.seq - raid.audited_seq >= UNRECORDED_MAX then return reply(raid, 'backlog') end
  return nil
end

-- One entry: numbered, written to the log, published, and kept for the reply.
--   data     what subscribers get, besides raidId, at, seq
--   ledger   what Postgres needs, besides the header, which is the raid as it stands after this entry
local function append(raid, event, command_id, data, ledger)
  raid.seq = raid.seq + 1
  raid.last_at = raid.now
  data.raidId, data.at, data.seq = raid.id, rfc3339(raid.now), raid.seq
  ledger.v, ledger.raid_id, ledger.epoch, ledger.seq = 1, raid.id, raid.epoch, raid.seq
  ledger.event, ledger.command_id, ledger.at = event, command_id, raid.now
  ledger.status, ledger.leader_id, ledger.member_count = raid.status, raid.leader_id, raid.member_count
  ledger.started_at, ledger.ended_at, ledger.deadline = raid.started_at, raid.ended_at, raid.deadline
  ledger.current_xp, ledger.current_tasks = raid.current_xp, raid.current_tasks
  local data_json, ledger_json = to_json(data), to_json(ledger)
  local seq = text_of(raid.seq)
  redis.call('XADD', raid.keys.log, seq .. '-0',
    'event', event, 'command', command_id, 'data', data_json, 'ledger', ledger_json)
  publish(raid.channel, text_of(raid.epoch) .. '-' .. seq .. '\n' .. event .. '\n' .. data_json)
  local entries = raid.entries
  entries[#entries + 1], entries[#entries + 2], entries[#entries + 3] = seq, event, ledger_json
end

-- Write back what the entries changed. Every command that appends ends with this.
local function save(raid)
  redis.call('HSET', raid.keys.state,
    'seq', text_of(raid.seq), 'last_at', text_of(raid.last_at), 'status', raid.status,
    'current_xp', text_of(raid.current_xp), 'current_tasks', text_of(raid.current_tasks),
    'contribution_count', text_of(raid.contribution_count), 'member_count', text_of(raid.member_count),
    'leader_id', text_of(raid.leader_id), 'started_at', raid.started_at and text_of(raid.started_at) or '',
    'ended_at', raid.ended_at and text_of(raid.ended_at) or '',
    'deadline', raid.deadline and text_of(raid.deadline) or '')
end

-- Put entries of the log from `first` to `last` (numbers) before those the reply already has.
-- The last HAND_OVER_MAX of them at most: the whole of a long outage would keep Redis and everybody else in the
-- pipeline waiting for seconds, again with every repeat. A completion without all that led to it heals its raid.
local function hand_over(raid, first, last)
  first = math.max(first, last - HAND_OVER_MAX + 1)
  local found = redis.call('XRANGE', raid.keys.log, text_of(first) .. '-0', text_of(last) .. '-0')
  local entries = {}
  for _, entry in ipairs(found) do
    local fields = entry[2]
    entries[#entries + 1] = string.match(entry[1], '^%d+')
    entries[#entries + 1], entries[#entries + 2] = fields[2], fields[8]
  end
  for _, field in ipairs(raid.entries) do entries[#entries + 1] = field end
  raid.entries = entries
end
