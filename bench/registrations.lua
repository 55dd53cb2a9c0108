-- One registration per request, each with an account number of its own, and a count of the answers.
--
-- Arguments: the file with the request template, the file with the customers' ids (one a line),
-- the expected status, the first account number. Threads count from numbers far apart.
-- The last line of the output is one line of JSON; bench/load.py reads it.

local ACCOUNTS_PER_THREAD = 100000000
local BANK_CODES = { -- banks with many customers, so that the look-up of a bank finds one
  "37040044", "10010010", "50070010", "70020270", "10050000", "20050550", "50010517", "12030000",
}
local COUNTRY_AND_ZEROS = 131400 -- "DE00" as ISO 13616 turns it into digits, behind the account

local threads = {}

-- Shared with done(), which can read only plain globals of a thread.
expected_count = 0
unexpected_count = 0
unexpected_first = ""

local pieces, customers, bank_remainders = {}, {}, {}
local status_expected, account

local function remainder_of_power(exponent)
  local remainder = 1
  for _ = 1, exponent do remainder = remainder * 10 % 97 end
  return remainder
end

local SHIFT_OF_ACCOUNT = remainder_of_power(6)
local SHIFT_OF_BANK_CODE = remainder_of_power(16)

local function next_iban()
  account = account + 1
  local bank = account % #BANK_CODES + 1
  local remainder = (bank_remainders[bank] + account % 97 * SHIFT_OF_ACCOUNT) % 97
  return string.format("DE%02d%s%010d", 98 - remainder, BANK_CODES[bank], account)
end

-- Cuts the template at its gaps: text, gap, text, gap, text.
local function cut(template)
  local rest = template
  while true do
    local first, last, gap = rest:find("<(%l+)>")
    if not first then break end
    table.insert(pieces, rest:sub(1, first - 1))
    table.insert(pieces, gap)
    rest = rest:sub(last + 1)
  end
  table.insert(pieces, rest)
end

function setup(thread)
  thread:set("thread_number", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  cut(assert(io.open(arguments[1])):read("*a"))
  for line in io.lines(arguments[2]) do table.insert(customers, line) end
  status_expected = tonumber(arguments[3])
  account = tonumber(arguments[4]) + thread_number * ACCOUNTS_PER_THREAD
  for index, bank_code in ipairs(BANK_CODES) do
    bank_remainders[index] = (tonumber(bank_code) * SHIFT_OF_BANK_CODE + COUNTRY_AND_ZEROS) % 97
  end
  math.randomseed(account)
end

local filled = {}

function request()
  for index, piece in ipairs(pieces) do
    if index % 2 == 1 then
      filled[index] = piece
    elseif piece == "iban" then
      filled[index] = next_iban()
    else
      filled[index] = customers[math.random(#customers)]
    end
  end
  return table.concat(filled)
end

function response(status, _, body)
  if status == status_expected then
    expected_count = expected_count + 1
  else
    unexpected_count = unexpected_count + 1
    if unexpected_first == "" then unexpected_first = status .. " " .. body:sub(1, 300) end
  end
end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', " ") .. '"'
end

function done(summary, latency, _)
  local expected, unexpected, first = 0, 0, ""
  for _, thread in ipairs(threads) do
    expected = expected + thread:get("expected_count")
    unexpected = unexpected + thread:get("unexpected_count")
    if first == "" then first = thread:get("unexpected_first") end
  end
  local errors = summary.errors
  local members = {
    '"duration_us": ' .. summary.duration,
    '"expected": ' .. expected,
    '"unexpected": ' .. unexpected,
    '"unexpected_first": ' .. quoted(first),
    '"socket_errors": ' .. errors.connect + errors.read + errors.write + errors.timeout,
    '"p50_us": ' .. latency:percentile(50),
    '"p99_us": ' .. latency:percentile(99),
  }
  io.write("{" .. table.concat(members, ", ") .. "}\n")
end
