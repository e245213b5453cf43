-- Somebody is to be forgotten: take their name, and what their tasks were called, out of a raid that knows them.
-- No entry is made and none is lost: epoch and seq of the log stay, so that nobody who follows it notices.
--
-- KEYS  1 members   2 log
-- ARGV  1 user_id   2 the name to stand in the place of theirs   3 how long a log may be to be written anew
--
-- Returns one word
--   scrubbed | later (the log is too long now; it is cut as the ledger catches up)

local members, log = KEYS[1], KEYS[2]
local user, name, longest = ARGV[1], ARGV[2], tonumber(ARGV[3])

local packed = redis.call('HGET', members, user)
if packed then
  local member = cjson.decode(packed)
  member.name = name
  redis.call('HSET', members, user, cjson.encode(member))
end

-- A field's text in JSON that is flat, replaced. Within a text every quote has a backslash before it, so
-- `"field":"` can only be a field.
local function without(json, field, replacement)
  local opening = '"' .. field .. '":"'
  local first, from = string.find(json, opening, 1, true)
  if not first then return json end
  local at = from + 1
  while string.sub(json, at, at) ~= '"' do
    at = at + (string.sub(json, at, at) == '\\' and 2 or 1)
  end
  return string.sub(json, 1, first - 1) .. '"' .. field .. '":' .. replacement .. string.sub(json, at + 1)
end

local function is_about(json, field)
  return string.find(json, '"' .. field .. '":' .. user .. '[,}]') ~= nil
end

if redis.call('XLEN', log) > longest then return 'later' end
local entries, changed = redis.call('XRANGE', log, '-', '+'), false
local written = cjson.encode(name)
for _, entry in ipairs(entries) do
  local fields = entry[2] -- event, its name, command, its id, data, JSON, ledger, JSON
  local data, ledger = fields[6], fields[8]
  if is_about(data, 'userId') and is_about(ledger, 'user_id') then
    fields[6] = without(without(data, 'username', written), 'taskId', 'null')
    fields[8] = without(without(ledger, 'username', written), 'task_id', 'null')
    changed = changed or fields[6] ~= data or fields[8] ~= ledger
  end
end
if not changed then return 'scrubbed' end

local expires_ms = redis.call('PTTL', log)
redis.call('DEL', log)
for _, entry in ipairs(entries) do
  redis.call('XADD', log, entry[1], unpack(entry[2]))
end
if expires_ms > 0 then redis.call('PEXPIRE', log, expires_ms) end
return 'scrubbed'
