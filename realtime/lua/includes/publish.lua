-- Tell whoever listens. On a cluster `realtime/scripts.py` makes it SPUBLISH: a channel is on its raid's or person's node.
local function publish(channel, message)
  redis.call('PUBLISH', channel, message)
end
