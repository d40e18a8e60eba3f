-- Removes the newest events of several keys. Called by Limiter.Forget. KEYS are
-- logs as in take.lua, ARGV how many events of each. A log without events is
-- deleted.
for k, log in ipairs(KEYS) do
  local n = tonumber(ARGV[k])
  if redis.call('LLEN', log) - 1 > n then
    redis.call('LTRIM', log, 0, -1 - n)
  else
    redis.call('DEL', log)
  end
end
return 0
