-- What policy tests are written with: `test`, and what its functions return (docs/lua.md). Runs in the sandbox of the test
-- file; what only C can do it is given. Sessions are in lua_test_session.lua.
local native = ...
local test, world = {}, nil
local kit = { test = test }

-- An error without a line of this file: the engine adds the one of the test.
local function fail(text, ...)
  error(text:format(...), 0)
end

-- Objects whose methods are those of `methods`, and that say so when asked for another one.
local function class(name, methods)
  return { __index = function(_, key)
    local method = methods[key]
    if method == nil then
      fail("a %s has no %s", name, tostring(key))
    end
    return method
  end }
end

local function show(value)
  if type(value) == "string" then
    return '"' .. value .. '"'
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local parts, keys = {}, {}
  for i = 1, #value do
    parts[i] = show(value[i])
  end
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 or key > #value then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(keys) do
    parts[#parts + 1] = tostring(key) .. " = " .. show(value[key])
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

local function is_equal(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for key, value in pairs(a) do
    if not is_equal(value, rawget(b, key)) then
      return false
    end
  end
  for key in pairs(b) do
    if rawget(a, key) == nil then
      return false
    end
  end
  return true
end

local function check_keys(what, given, known)
  for key in pairs(given) do
    if not known[key] then
      fail("%s has no \"%s\"", what, tostring(key))
    end
  end
end

-- --- the clock --------------------------------------------------------------------------------------------------------

local clock = {}

function clock:now()
  return world.now
end

function clock:set(when)
  world.now = native.time(when)
end

function clock:advance(duration)
  world.now = world.now + native.duration(duration)
end

local the_clock = setmetatable({}, class("clock", clock))

function test.clock(when)
  if when then
    clock.set(the_clock, when)
  end
  return the_clock
end

-- --- policies ---------------------------------------------------------------------------------------------------------

-- A hook has failed: so has the test, unless it expected that.
local function take_failure(failure)
  if not world.failures then
    fail("%s", failure)
  end
  world.failures[#world.failures + 1] = failure
end

local function facts_of(session)
  return { id = session.id, user = session.user, localpart = session.localpart, domain = session.domain,
           peer = session.peer, mechanism = session.mechanism, tls = session.tls, now = world.now,
           login_time = session.login_time }
end

local function ask_one(policy, hook, is_after, session, messages, number)
  local stores = world.maildrop.stores
  stores[policy.name] = stores[policy.name] or {}
  return native.ask(policy.handle, hook, is_after, facts_of(session), messages, number, stores[policy.name])
end

local policy = {}

-- What one hook answers to these facts, without anything coming of it.
function policy:ask(hook, session, number)
  local name, is_after = hook, hook:sub(1, 6) == "after."
  if is_after then
    name = hook:sub(7)
  end
  local messages = session.view or world.maildrop.messages
  local answer, decisions, failure = ask_one(self, name, is_after, session, name ~= "login" and messages or nil, number)
  if failure then
    take_failure(failure)
  end
  return decisions or answer
end

function policy:announcement(session)
  return native.announce(self.handle, session and facts_of(session) or nil)
end

local function flatten(into, prefix, value)
  if type(value) == "table" then
    for key, item in pairs(value) do
      flatten(into, prefix == "" and tostring(key) or prefix .. "." .. tostring(key), item)
    end
  else
    into[#into + 1] = { name = prefix, value = value }
  end
end

-- A policy of the list of the configuration, behind those that are there.
function test.policy(script, settings)
  local keys = {}
  flatten(keys, "", settings or {})
  local handle, name, on_error = native.start(script, keys, world.files)
  local made = setmetatable({ handle = handle, name = name, on_error = on_error }, class("policy", policy))
  world.policies[#world.policies + 1] = made
  return made
end

-- A file for restante.list.
function test.file(path, text)
  world.files[#world.files + 1] = { path = path, text = text }
end

-- --- maildrops --------------------------------------------------------------------------------------------------------

local MESSAGE_KEYS = { uidl = true, octets = true, age = true, delivered = true, headers = true, first_seen = true,
                       first_retrieved = true, retrieved_count = true }

local maildrop = {}

-- A time, or how long ago: "7d".
local function moment(value)
  if type(value) == "string" and #value >= 8 then
    return native.time(value)
  end
  return value and world.now - native.duration(value)
end

function maildrop:add(given)
  check_keys("a message", given, MESSAGE_KEYS)
  local headers = {}
  for name, value in pairs(given.headers or {}) do
    headers[name:lower()] = value
  end
  self.made = self.made + 1
  local delivered = given.delivered and native.time(given.delivered) or given.delivered ~= false and moment(given.age or 0)
  self.messages[#self.messages + 1] = {
    uidl = given.uidl or "m" .. self.made, octets = given.octets or 1000, delivered = delivered or nil,
    headers = headers, first_seen = moment(given.first_seen) or delivered or world.now,
    first_retrieved = moment(given.first_retrieved),
    retrieved_count = given.retrieved_count or (given.first_retrieved and 1 or 0), retrieved = false, deleted = false,
  }
  return self
end

local function find(messages, uidl)
  for number, message in ipairs(messages) do
    if message.uidl == uidl then
      return message, number
    end
  end
end

-- What is on disk, hidden or not.
function maildrop:uidls()
  local uidls = {}
  for number, message in ipairs(self.messages) do
    uidls[number] = message.uidl
  end
  return uidls
end

-- What has been removed, and why: "DELE", or the reason of a policy.
function maildrop:removed()
  return self.gone
end

-- "there", "hidden", "set aside" or "removed", as it is between sessions.
function maildrop:state(uidl)
  local message = find(self.messages, uidl)
  if not message then
    return self.gone[uidl] and "removed" or fail("this maildrop has never had a message \"%s\"", uidl)
  end
  return message.set_aside_until and "set aside" or message.hidden_since and "hidden" or "there"
end

-- Until when it is set aside, or nil.
function maildrop:set_aside_until(uidl)
  local message = find(self.messages, uidl)
  return message and message.set_aside_until
end

-- What a policy keeps for this maildrop.
function maildrop:store(name)
  self.stores[name] = self.stores[name] or {}
  return self.stores[name]
end

local function make_maildrop(messages)
  local made = setmetatable({ messages = {}, made = 0, gone = {}, stores = {} }, class("maildrop", maildrop))
  for _, message in ipairs(messages) do
    made:add(message)
  end
  return made
end

-- The maildrop of all sessions that follow.
function test.maildrop(messages)
  world.maildrop = make_maildrop(messages)
  return world.maildrop
end

-- --- announcements ----------------------------------------------------------------------------------------------------

-- What CAPA says: before login, or to a session.
function test.capa(session)
  local days, delay, days_differ, delay_differs
  for _, one in ipairs(world.policies) do
    local said = one:announcement(session)
    if said.expire and said.expire ~= "never" then
      days = math.min(days or said.expire, said.expire)
    end
    if said.login_delay then
      delay = math.max(delay or said.login_delay, said.login_delay)
    end
    days_differ = days_differ or said.expire_differs
    delay_differs = delay_differs or said.login_delay_differs
  end
  return {
    expire = (days and tostring(days) or "NEVER") .. (days_differ and not session and " USER" or ""),
    login_delay = delay and tostring(delay) .. (delay_differs and not session and " USER" or ""),
  }
end

-- --- expectations -----------------------------------------------------------------------------------------------------

function test.equal(got, expected, what)
  if not is_equal(got, expected) then
    fail("%sexpected %s, got %s", what and what .. ": " or "", show(expected), show(got))
  end
end

function test.ok(got)
  if not got.ok then
    fail("expected +OK, got -ERR %s%s", got.code ~= "" and "[" .. got.code .. "] " or "", got.text)
  end
  return got
end

function test.refused(got, code)
  if got.ok then
    fail("expected -ERR, got +OK")
  elseif code and got.code ~= code then
    fail("expected -ERR [%s], got -ERR [%s] %s", code, got.code, got.text)
  end
  return got
end

-- `run` fails with `text` in what it says: a setting that is refused, a message that is not seen.
function test.fails(run, text)
  local is_good, why = pcall(run)
  if is_good then
    fail("expected a failure with \"%s\", got none", text)
  elseif not restante.find(tostring(why), text) then
    fail("expected a failure with \"%s\", got \"%s\"", text, tostring(why))
  end
end

-- While `run` runs, a hook fails with `text` in what it says, and the session goes on as on_error says.
function test.hook_fails(run, text)
  local failures, before = {}, world.failures
  world.failures = failures
  run()
  world.failures = before
  for _, failure in ipairs(failures) do
    if restante.find(failure, text) then
      return
    end
  end
  fail("expected a hook to fail with \"%s\", got %s", text, show(failures))
end

-- --- for the engine ---------------------------------------------------------------------------------------------------

function kit.begin()
  world = { now = native.time("2026-01-01 12:00"), policies = {}, files = {}, sessions = 0 }
  world.maildrop = make_maildrop({})
  kit.world = world
end

kit.fail, kit.class, kit.check_keys, kit.find, kit.ask_one, kit.take_failure = fail, class, check_keys, find, ask_one, take_failure
return kit
