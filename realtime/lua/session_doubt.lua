-- What a session is remembered for has changed: whoever looks it up asks the ledger for a while.
-- The mark stands in the session's place, so that a look-up that began before cannot put there what it found then.
--
-- KEYS  1 session
-- ARGV  1 the mark of a session that was ended, which stays   2 the mark to set   3 for how many seconds
--
-- Returns one word: ended | doubted

if redis.call('GET', KEYS[1]) == ARGV[1] then return 'ended' end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 'doubted'
