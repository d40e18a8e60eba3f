-- Takes back the events that one run of take.lua has recorded, and no others.
-- Called by Limiter.Take where another slot of a Cluster had no room. KEYS are the
-- logs, ARGV[1] is the time of the events. A log without events is deleted.
local time = tonumber(ARGV[1])
for _, log in ipairs(KEYS) do
  if redis.call('LREM', log, -1, ARGV[1]) == 0 then
    -- A Forget came in between, and took this event for the newest of those that it
    -- was to remove. What it left instead is the newest older one. Events since then
    -- are others', and stay.
    local i = redis.call('LLEN', log) - 1
    while i > 0 and tonumber(redis.call('LINDEX', log, i)) >= time do
      i = i - 1
    end
    if i > 0 then
      redis.call('LREM', log, -1, redis.call('LINDEX', log, i))
    end
  end
  if redis.call('LLEN', log) <= 1 then
    redis.call('DEL', log)
  end
end
return 0
