-- Takes from all windows or from none, in one round trip. Called by Limiter.Take.
--
-- KEYS[1]  the log of one limiter key: a list that holds the longest span that
--          the key was taken with, and then the times of its events, oldest
--          first. All in microseconds.
-- ARGV     span, n, span, n, ... at least one pair, all positive.
--
-- Returns 0 if the event was recorded, and the time to wait otherwise.

local log = KEYS[1]

local function at(i) return tonumber(redis.call('LINDEX', log, i)) end

-- Times have 16 digits; tostring would keep only 14.
local function digits(n) return string.format('%.0f', n) end

-- In milliseconds, rounded up: a key must not expire before its newest event.
local function expire(span)
  redis.call('PEXPIRE', log, digits(math.ceil(span / 1000) + 1))
end

-- The server's clock, because those of its clients differ.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

local longest = 0
for i = 1, #ARGV, 2 do
  longest = math.max(longest, tonumber(ARGV[i]))
end

-- A key without an expiry would stay forever, and might refuse forever. It gets
-- one before it is read, so that even a key that is not a log of ours, and makes
-- this script fail, is gone after the longest span.
local held = 0
if redis.call('TYPE', log)['ok'] == 'list' then
  held = at(0)
end
local keep = math.max(held or 0, longest)
if redis.call('PTTL', log) == -1 then
  expire(keep)
end
if not held then
  return redis.error_reply('ERR a list that is no limiter log')
end
local size = redis.call('LLEN', log)
local count = math.max(size - 1, 0)

-- If the server's clock was set back, or another server took over, some events
-- are in the future. They count as of now: that opens no limit early, and they
-- expire a span from now instead of when the clock has caught up.
local i = count
while i > 0 and at(i) > now do
  redis.call('LSET', log, i, digits(now))
  i = i - 1
end

-- Drop the expired events, which are the first `over` ones, found by bisection.
-- The last of them becomes the first element and is overwritten by the span.
local over, unsure = 0, count
while over < unsure do
  local middle = math.ceil((over + unsure) / 2)
  if now - at(middle) >= held then over = middle else unsure = middle - 1 end
end
if over == count then
  keep = longest
  if size > 0 then
    redis.call('DEL', log)
  end
elseif over > 0 then
  redis.call('LTRIM', log, over, -1)
  redis.call('LSET', log, 0, digits(keep))
end
count = count - over

-- A longer span than ever before: the remaining events must live longer.
if count > 0 and keep > held then
  redis.call('LSET', log, 0, digits(keep))
  expire(keep)
end

-- A window is full exactly when its n-th newest event is younger than its span.
local wait = 0
for i = 1, #ARGV, 2 do
  local span, n = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  if n <= count then
    wait = math.max(wait, at(count - n + 1) + span - now)
  end
end
if wait > 0 then
  return wait
end

-- For a new key this is the first write. A full server refuses it; then nothing
-- is recorded, and the caller denies.
if count == 0 then
  redis.call('RPUSH', log, digits(keep), digits(now))
else
  redis.call('RPUSH', log, digits(now))
end
expire(keep)
return 0
