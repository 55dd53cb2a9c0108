-- The registrations of bench/registrations.lua at a rate, and a count of what came back. Statuses are
-- counted by wrk itself: it has no time to look at answers.
--
-- FLOOD_REGISTRATIONS: the path of that script; FLOOD_RATE: requests a second, 0 for as many as are
-- answered; FLOOD_CONNECTIONS: how many connections ask.

dofile(os.getenv("FLOOD_REGISTRATIONS"))
response = nil

-- How many were asked in which second since 1970; global, for done() to read.
asked_in = {}
local next_registration = request
function request()
  local now = os.time()
  asked_in[now] = (asked_in[now] or 0) + 1
  return next_registration()
end

local flooding_thread
local know_thread = setup
function setup(thread)
  flooding_thread = thread -- there is one
  know_thread(thread)
end

local rate = tonumber(os.getenv("FLOOD_RATE"))
local connections = tonumber(os.getenv("FLOOD_CONNECTIONS"))

if rate > 0 then
  local round_ms = 1000 * connections / rate -- in which each connection asks once
  local pause_ms = round_ms
  local second, asked = os.time(), 0
  local seconds_seen = 0

  -- A round takes as long as a pause and an answer: each second shows by how much it was too long.
  local function steer(now)
    seconds_seen = seconds_seen + 1
    if seconds_seen > 1 then -- the first was not a whole one
      local took_ms = 1000 * connections * (now - second) / asked
      pause_ms = math.max(pause_ms + (round_ms - took_ms) / 2, 0)
    end
    second, asked = now, 0
  end

  -- The first pause is of any length, so that connections which begin together do not stay together.
  function delay()
    local now = os.time()
    if now ~= second then steer(now) end
    asked = asked + 1
    if seconds_seen == 0 then return math.random(math.ceil(pause_ms)) end
    return math.floor(pause_ms + math.random()) -- whole ones only, but right in the mean
  end
end

function done(summary, _, _)
  local errors, seconds = summary.errors, {}
  for second, asked in pairs(flooding_thread:get("asked_in")) do
    table.insert(seconds, string.format('"%d": %d', second, asked))
  end
  io.write(string.format(
    '{"seconds": %.3f, "answered": %d, "refused": %d, "broken": %d, "asked_in": {%s}}\n',
    summary.duration / 1e6, summary.requests, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, table.concat(seconds, ", ")
  ))
end
