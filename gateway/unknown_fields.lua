-- Refuses a REST body in which something would be lost: a field that does not exist, one given twice, or text that only
-- a lenient reader would take for JSON. The transcoder ignores such a field, and an ignored constraint is an unconstrained
-- portfolio.
--
-- CONTRACTS, from gen/edge/fields.lua, stands above this text when Envoy loads it:
--   bindings[verb] = {{pattern of the path, message}, ...}
--   messages[message] = {{name, camelCase name if it differs, of = message, map = true}, ...}; a field without `of` is
--   a scalar, or of a type whose inside no contract describes.
--
-- Read strictly is what decides where a field begins: braces, brackets, colons, commas, quotes. Numbers and words, and
-- whether a value is of its field's type, are the transcoder's business; so is a body that ends too soon.

local find, byte, sub, format = string.find, string.byte, string.sub, string.format
local DEEPEST, MOST_VIOLATIONS, LONGEST_NAME = 64, 10, 64
local WHERE = "gateway.fields"

-- message -> spelling -> field; both spellings of a field lead to one and the same table.
local FIELDS = {}
for message, fields in pairs(CONTRACTS.messages) do
  FIELDS[message] = {}
  for _, field in ipairs(fields) do
    FIELDS[message][field[1]] = field
    FIELDS[message][field[2] or field[1]] = field
  end
end

-- Text from outside, fit to be shown.
local function shown(name)
  return (sub(name, 1, LONGEST_NAME):gsub("[^\32-\126]", "?"))
end

-- Levenshtein's distance of two short words.
local function distance(one, other)
  local row = {}
  for j = 0, #other do row[j] = j end
  for i = 1, #one do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #other do
      local swap = diagonal + (byte(one, i) == byte(other, j) and 0 or 1)
      diagonal = row[j]
      row[j] = math.min(swap, row[j] + 1, row[j - 1] + 1)
    end
  end
  return row[#other]
end

-- The message's field that is spelled most like `name`, if any is.
local function meant(name, message)
  local function bare(word) return (word:lower():gsub("[^a-z0-9]", "")) end
  local asked, nearest, best = bare(name), nil, nil
  if #name > LONGEST_NAME then return nil end
  for _, field in ipairs(CONTRACTS.messages[message]) do
    local far = distance(asked, bare(field[1]))
    if far <= math.max(1, math.floor(#asked / 3)) and (not best or far < best) then nearest, best = field[1], far end
  end
  return nearest
end

local function unknown(name, message)
  local said = format('"%s" is not a field of %s', shown(name), message)
  local nearest = meant(name, message)
  return nearest and format('%s; did you mean "%s"?', said, nearest) or said
end

-- One reading of one body. `refused` ends it: what follows cannot be told apart any more.
local function refused(at, what)
  error({violation = {field = "", description = format("%s, at byte %d of the body", what, at)}}, 0)
end

local ENDS_EARLY, ENOUGH = {}, {}
local function expected(text, at, what)
  if at > #text then error(ENDS_EARLY, 0) end
  refused(at, "not JSON: " .. what)
end

local function skip_space(text, at)
  if (byte(text, at) or 33) > 32 then return at end
  local _, last = find(text, "^[ \t\r\n]*", at)
  return last + 1
end

-- `at` is a string's opening quote. Returns where its closing one is. Byte by byte, here and below: that LuaJIT compiles,
-- and patterns it does not, by which the names of 500 assets took 160 µs instead of 30.
local function string_end(text, at)
  local here, last = at + 1, #text
  while here <= last do
    local found = byte(text, here)
    if found == 34 then return here end
    here = here + (found == 92 and 2 or 1)
  end
  error(ENDS_EARLY, 0)
end

-- `at` is an opening bracket. Returns what follows its closing one, whatever lies between.
local function skip_brackets(text, at)
  local depth, here, last = 0, at, #text
  while here <= last do
    local found = byte(text, here)
    if found == 34 then
      here = string_end(text, here)
    elseif found == 91 or found == 123 then
      depth = depth + 1
      if depth > DEEPEST then refused(here, "nested too deeply") end
    elseif found == 93 or found == 125 then
      depth = depth - 1
      if depth == 0 then return here + 1 end
    elseif found == 39 then
      refused(here, "not JSON: strings are written in double quotes")
    end
    here = here + 1
  end
  error(ENDS_EARLY, 0)
end

-- Steps over a value whose inside no contract describes.
local function skip_value(text, at)
  local _, last = find(text, "^[%w+.-]+", at)
  if last then return last + 1 end
  local opening = byte(text, at)
  if opening == 34 then return string_end(text, at) + 1 end
  if opening == 123 or opening == 91 then return skip_brackets(text, at) end
  expected(text, at, opening == 39 and "strings are written in double quotes" or "a value was expected")
end

local read_value

-- `at` is what follows an opening brace or bracket. Calls `item(at)`, which returns what follows it, for each item.
local function each_item(text, at, closing, item)
  at = skip_space(text, at)
  if byte(text, at) == closing then return at + 1 end
  while true do
    at = skip_space(text, item(skip_space(text, at)))
    local found = byte(text, at)
    if found == closing then return at + 1 end
    if found ~= 44 then expected(text, at, "a comma or an end was expected") end
    at = at + 1
  end
end

-- `at` is where an object's name is to be. Returns it as it is written, and where its value begins.
local function read_name(text, at)
  if byte(text, at) ~= 34 then expected(text, at, "a name in double quotes was expected") end
  local stop = string_end(text, at)
  local name, after = sub(text, at + 1, stop - 1), skip_space(text, stop + 1)
  if byte(text, after) ~= 58 then expected(text, after, "a colon was expected") end
  return name, skip_space(text, after + 1)
end

local function read_object(text, at, kind, path, depth, violations)
  local known, seen = not kind.map and FIELDS[kind.of], {}
  local prefix = path == "" and "" or path .. "."
  local function violate(name, description)
    violations[#violations + 1] = {field = prefix .. shown(name), description = description}
    if #violations == MOST_VIOLATIONS then error(ENOUGH, 0) end
  end
  return each_item(text, at + 1, 125, function(here)
    local name, after = read_name(text, here)
    -- As it is written: a name with escapes is none that a contract has.
    local field = known and known[name]
    if seen[field or name] then violate(name, format('"%s" is given twice', shown(name))) end
    seen[field or name] = true
    if kind.map then
      if not kind.of then return skip_value(text, after) end
      return read_value(text, after, kind.inner, path .. '["' .. shown(name) .. '"]', depth + 1, violations)
    end
    if not field then
      violate(name, unknown(name, kind.of))
      return skip_value(text, after)
    end
    if not field.of and not field.map then return skip_value(text, after) end
    return read_value(text, after, field, prefix .. field[1], depth + 1, violations)
  end)
end

-- A value of a field, or of a list or map of them: `kind` is {of = message, map = true}, of a scalar {}.
function read_value(text, at, kind, path, depth, violations)
  local opening = byte(text, at)
  if depth > DEEPEST then refused(at, "nested too deeply") end
  if opening == 123 and (kind.of or kind.map) then
    if kind.map and not kind.inner then kind.inner = {of = kind.of} end
    return read_object(text, at, kind, path, depth, violations)
  end
  if opening == 91 and (kind.of or kind.map) then
    local index = -1
    return each_item(text, at + 1, 93, function(here)
      index = index + 1
      return read_value(text, here, kind, path .. "[" .. index .. "]", depth + 1, violations)
    end)
  end
  return skip_value(text, at)
end

-- What is wrong with a body, each as a FieldViolation; nothing if the transcoder is to judge it.
function violations_in(text, message)
  local violations = {}
  local whole, fault = pcall(function()
    local at = skip_space(text, 1)
    if at > #text then error(ENDS_EARLY, 0) end
    at = skip_space(text, read_value(text, at, {of = message}, "", 1, violations))
    if at <= #text then refused(at, "not JSON: something follows the end") end
  end)
  if fault == ENDS_EARLY then return {} end
  if not whole and fault ~= ENOUGH then
    violations[#violations + 1] = fault.violation or {field = "", description = "the body cannot be read"}
  end
  return violations
end

-- The message that a request's body is written as, if the contracts name the verb and path and give them a body.
local function message_of(verb, path)
  path = path:gsub("[?#].*", ""):gsub("/+$", "")
  for _, binding in ipairs(CONTRACTS.bindings[verb] or {}) do
    if find(path, binding[1]) then return binding[2] end
  end
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local message = message_of(headers:get(":method"), headers:get(":path"))
  local body = message and handle:body()
  if not body then return end
  local violations = violations_in(body:getBytes(0, body:length()), message)
  if #violations == 0 then return end
  -- As the transcoder prints a violation: every field that is no message.
  for _, each in ipairs(violations) do each.reason = "" end
  handle:streamInfo():dynamicMetadata():set(WHERE, "violations", violations)
  handle:respond({[":status"] = "400"}, violations[1].description)
end
