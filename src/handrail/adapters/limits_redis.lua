-- Counts one request in several sliding windows, or in none of them; see ports/limiter.py for how a window slides.
-- KEYS: one for each window. ARGV: 1 to count, 0 to look and -1 to take the latest one back, the time in milliseconds or
-- nothing for the server's own, then the limit and the seconds of each window.
-- Answers with: 1 if all windows have room, the time, then for each window how much it holds and when a place comes free.
--
-- A key holds a list of pairs: a step, and how many had been counted by its end. All up to the first pair have left the
-- window, so what it holds is the difference between the last pair and the first.
local STEPS = 1000
local now = tonumber(ARGV[2])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local fits, answer, found = 1, {}, {}
for index, key in ipairs(KEYS) do
    local limit, seconds = tonumber(ARGV[2 * index + 1]), tonumber(ARGV[2 * index + 2])
    local step = math.floor(now / seconds)
    local oldest = step - STEPS
    local last = redis.call('LRANGE', key, -2, -1)
    local newest, total = tonumber(last[1]), tonumber(last[2])
    local used, opens_at = 0, now
    if newest and newest < oldest then
        redis.call('DEL', key)
        newest = nil
    end
    if newest then
        local first = redis.call('LRANGE', key, 0, 3)
        while tonumber(first[3]) < oldest do
            redis.call('LTRIM', key, 2, -1)
            first = redis.call('LRANGE', key, 0, 3)
        end
        used = total - tonumber(first[2])
        -- a limit that was lowered may need more than the first step to leave
        local leaving, at = tonumber(first[3]), 3
        while total - tonumber(first[4]) >= limit and leaving ~= newest do
            at = at + 2
            leaving, first[4] = tonumber(redis.call('LINDEX', key, at - 1)), redis.call('LINDEX', key, at)
        end
        opens_at = (leaving + STEPS + 1) * seconds
    end
    if used >= limit then
        fits = 0
    end
    found[index] = {step, seconds, newest, total, used, opens_at}
end

for index, key in ipairs(KEYS) do
    local step, seconds, newest, total, used, opens_at = unpack(found[index], 1, 6)
    if ARGV[1] == '-1' and used > 0 then
        -- a pair that counts nothing any more goes, and with the last one all
        local before = redis.call('LRANGE', key, -3, -3)
        if tonumber(before[1]) < total - 1 then
            redis.call('LSET', key, -1, total - 1)
        elseif redis.call('LLEN', key) > 4 then
            redis.call('LTRIM', key, 0, -3)
        else
            redis.call('DEL', key)
        end
    elseif fits == 1 and ARGV[1] == '1' then
        if not newest then
            redis.call('RPUSH', key, 0, 0, step, 1)
            redis.call('EXPIRE', key, seconds + 2)
            opens_at = (step + STEPS + 1) * seconds
        elseif step <= newest then
            -- a clock that was set back does not bring the past back
            redis.call('LSET', key, -1, total + 1)
        else
            redis.call('RPUSH', key, step, total + 1)
            redis.call('EXPIRE', key, seconds + 2)
        end
        used = used + 1
    end
    answer[2 * index - 1], answer[2 * index] = used, opens_at
end
return {fits, now, unpack(answer)}
