-- The registrations of bench/registrations.lua, each connection with a pause between them, and a
-- count of what came back. Statuses are counted by wrk itself: it has no time to look at answers.
--
-- FLOOD_REGISTRATIONS: the path of that script; FLOOD_PAUSE_MS: how long a connection rests.

dofile(os.getenv("FLOOD_REGISTRATIONS"))
response = nil

local pause_ms = tonumber(os.getenv("FLOOD_PAUSE_MS"))

-- The first pause is of any length, so that connections which begin together do not stay together.
local has_begun = false
if pause_ms > 0 then
  function delay()
    if has_begun then return pause_ms end
    has_begun = math.random() < 0.001
    return math.random(pause_ms)
  end
end

function done(summary, _, _)
  local errors = summary.errors
  io.write(string.format(
    '{"seconds": %.3f, "answered": %d, "refused": %d, "broken": %d}\n',
    summary.duration / 1e6, summary.requests, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
