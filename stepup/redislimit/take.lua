-- Takes one event under each of several keys or under none, in one round trip.
-- Called by Limiter.Take.
--
-- KEYS  the logs of limiter keys, all different: lists that hold the longest span
--       that the key was taken with, and then the times of its events, oldest
--       first. All in microseconds.
-- ARGV  for each key: 1 if it is only looked at, else 0; 1 if it is advisory, else
--       0; the number of its windows, at least one; and then span, n, span, n, ...
--       all positive.
--
-- Returns whether all were granted (1 or 0), the time of the events, and then for
-- each key the time to wait and the number of events.

-- Times have 16 digits; tostring would keep only 14.
local function digits(n) return string.format('%.0f', n) end

local function at(log, i) return tonumber(redis.call('LINDEX', log, i)) end

-- In milliseconds, rounded up: a key must not expire before its newest event.
local function expire(log, span)
  redis.call('PEXPIRE', log, digits(math.ceil(span / 1000) + 1))
end

-- The server's clock, because those of its clients differ.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

-- How many of the first `count` events are as old as the span, found by bisection.
local function over(log, count, span)
  local sure, unsure = 0, count
  while sure < unsure do
    local middle = math.ceil((sure + unsure) / 2)
    if now - at(log, middle) >= span then sure = middle else unsure = middle - 1 end
  end
  return sure
end

-- Reads the log of a key and drops what has expired. Returns how many events are
-- left and what span they are kept for.
local function read(log, look, longest)
  -- A key without an expiry would stay forever, and might refuse forever. It gets
  -- one before it is read, so that even a key that is not a log of ours, and makes
  -- this script fail, is gone after the longest span.
  local held = 0
  if redis.call('TYPE', log)['ok'] == 'list' then
    held = at(log, 0)
  end
  local keep = math.max(held or 0, longest)
  if redis.call('PTTL', log) == -1 then
    expire(log, keep)
  end
  if not held then
    return nil
  end
  local size = redis.call('LLEN', log)
  local count = math.max(size - 1, 0)

  -- If the server's clock was set back, or another server took over, some events
  -- are in the future. They count as of now: that opens no limit early, and they
  -- expire a span from now instead of when the clock has caught up.
  local i = count
  while i > 0 and at(log, i) > now do
    redis.call('LSET', log, i, digits(now))
    i = i - 1
  end

  -- The last of the expired events becomes the first element and is overwritten by
  -- the span.
  local expired = over(log, count, held)
  if expired == count then
    if size > 0 then
      redis.call('DEL', log)
    end
    return 0, longest
  end
  if look then
    keep = held
  end
  if expired > 0 then
    redis.call('LTRIM', log, expired, -1)
    redis.call('LSET', log, 0, digits(keep))
  end
  -- A longer span than ever before: the remaining events must live longer.
  if keep > held then
    redis.call('LSET', log, 0, digits(keep))
    expire(log, keep)
  end
  return count - expired, keep
end

-- First all keys are read, so that a key that is no log of ours makes the script
-- fail before it has recorded anything.
local takes, granted, a = {}, true, 1
for k, log in ipairs(KEYS) do
  local look, advisory, windows = ARGV[a] == '1', ARGV[a + 1] == '1', tonumber(ARGV[a + 2])
  local first, last = a + 3, a + 2 + 2 * windows
  a = last + 1

  local longest = 0
  for w = first, last, 2 do
    longest = math.max(longest, tonumber(ARGV[w]))
  end
  local count, keep = read(log, look, longest)
  if not count then
    return redis.error_reply('ERR a list that is no limiter log')
  end

  -- A window is full exactly when its n-th newest event is younger than its span.
  local wait = 0
  for w = first, last, 2 do
    local span, n = tonumber(ARGV[w]), tonumber(ARGV[w + 1])
    if n <= count then
      wait = math.max(wait, at(log, count - n + 1) + span - now)
    end
  end
  local events = count
  if longest < keep then
    events = count - over(log, count, longest)
  end
  takes[k] = {
    log = log, count = count, keep = keep, wait = wait, events = events,
    record = wait == 0 and not look,
  }
  granted = granted and (wait == 0 or advisory)
end

-- For a new key this is the first write. A full server refuses it; then nothing
-- is recorded, and the caller denies.
local answer = { granted and 1 or 0, now }
for k, take in ipairs(takes) do
  if granted and take.record then
    if take.count == 0 then
      redis.call('RPUSH', take.log, digits(take.keep), digits(now))
    else
      redis.call('RPUSH', take.log, digits(now))
    end
    expire(take.log, take.keep)
    take.events = take.events + 1
  end
  answer[2 * k + 1] = take.wait
  answer[2 * k + 2] = take.events
end
return answer
