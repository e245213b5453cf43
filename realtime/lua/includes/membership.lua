-- Who is in the raid, and who leads it next.

-- A member as the `members` hash keeps it. The role is not in it: the leader is whom the state names.
local function read_member(raid, user_id)
  local packed = redis.call('HGET', raid.keys.members, text_of(user_id))
  return packed and cjson.decode(packed) or nil
end

local function take_out(raid, user_id, how)
  local member = text_of(user_id)
  redis.call('HDEL', raid.keys.members, member)
  redis.call('ZREM', raid.keys.by_join, member)
  redis.call('HSET', raid.keys.past, member, how)
  raid.member_count = raid.member_count - 1
end

local function longest_standing(raid)
  local first = redis.call('ZRANGE', raid.keys.by_join, 0, 0)[1]
  return first and tonumber(first) or nil
end

-- Why this actor may not do what only the leader may; nil when it may. To those who are not in it, a raid
-- that is not public does not exist.
local function leader_only(raid, actor_id)
  if actor_id == raid.leader_id and is_member(raid, actor_id) then return nil end
  if raid.public ~= '1' and not is_member(raid, actor_id) then return 'not_found' end
  return 'not_leader'
end
