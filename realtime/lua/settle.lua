-- Append the end that is due and that nobody's command appends: the deadline has passed, or both targets are
-- met (a heal found the sums met and no end). The worker calls it, and the healer after putting a state in place.
--
-- KEYS, ARGV, reply: README.md. Command: id
--
-- Outcomes: done (an end was appended) | already (it has ended) | not_due

-- include: raid
-- include: ending
-- include: repeats

local raid, trouble = open_raid(name_keys(KEYS), ARGV[1], tonumber(ARGV[2]), ARGV[3])
if not raid then return trouble end
local command = cjson.decode(ARGV[4])

local before = repeated(raid, command.id)
if before then return before end
if has_ended(raid) then return reply(raid, 'already') end
local stopped = cannot_append(raid)
if stopped then return stopped end

local first_new = raid.seq + 1
complete_if_met(raid, command.id)
if has_ended(raid) then save(raid) else fail_if_due(raid, command.id) end
if not has_ended(raid) then return reply(raid, 'not_due') end
remember(raid, command.id, first_new)
return reply(raid, 'done')
