-- Removes the newest event. Called by Limiter.Undo. KEYS[1] is a log as in
-- take.lua; a log without events is deleted.
if redis.call('LLEN', KEYS[1]) > 2 then
  redis.call('RPOP', KEYS[1])
else
  redis.call('DEL', KEYS[1])
end
return 0
