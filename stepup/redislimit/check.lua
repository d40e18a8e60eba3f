-- Calls every command that the other scripts need, on a key that it leaves as it
-- was, which is absent. Called by Limiter.Check. Returns what INFO says, "" if it
-- failed, and then for each command that failed its name and the error.
local key = KEYS[1]
local answer = { '' }

local function try(...)
  local result = redis.pcall(...)
  if type(result) == 'table' and result.err then
    -- Without an element there is nothing to set: that is no refusal.
    if not string.find(result.err, 'no such key', 1, true) then
      answer[#answer + 1] = select(1, ...)
      answer[#answer + 1] = result.err
    end
    return nil
  end
  return result
end

try('TIME')
try('TYPE', key)
try('PTTL', key)
try('LLEN', key)
-- Nothing is written that could not be deleted.
local deletes, expires = try('DEL', key), try('PEXPIRE', key, 1000)
if deletes and expires then
  try('RPUSH', key, 0, 1, 2)
  try('PEXPIRE', key, 1000)
end
try('LINDEX', key, 0)
try('LSET', key, 0, 0)
try('LREM', key, -1, 2)
try('LTRIM', key, 0, 0)
if deletes then
  try('DEL', key)
end
answer[1] = try('INFO') or ''
return answer
