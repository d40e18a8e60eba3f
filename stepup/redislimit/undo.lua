-- Takes back the events that one run of take.lua has recorded, and no others.
-- Called by Limiter.Take where another slot of a Cluster had no room. KEYS are the
-- logs, ARGV[1] is the time of the events. A log without events is deleted.
for _, log in ipairs(KEYS) do
  redis.call('LREM', log, -1, ARGV[1])
  if redis.call('LLEN', log) <= 1 then
    redis.call('DEL', log)
  end
end
return 0
