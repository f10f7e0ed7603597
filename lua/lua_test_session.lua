-- Sessions of policy tests: they follow the server's own rules in small, as docs/architecture.md has them. The brake, the
-- clock guard and a ledger that is damaged are not among them.
local kit = ...
local test, fail, find, ask_one, take_failure = kit.test, kit.fail, kit.find, kit.ask_one, kit.take_failure

local ON_ERROR = { refuse = "SYS/PERM", ["try-later"] = "SYS/TEMP" }
local SESSION_KEYS = { user = true, peer = true, tls = true, mechanism = true }
local RANK = { hide = 1, expire = 2, hold = 3 }

local session = {}

local function reply(fields)
  fields.ok = fields.ok ~= false
  fields.text, fields.code = fields.text or "", fields.code or ""
  fields.waited, fields.closed = fields.waited or 0, fields.closed or false
  return fields
end

-- One question to all policies: the answer that counts, and the decisions about messages.
local function ask(self, hook, messages, number)
  local answer, decided, waited, has_failed = nil, {}, 0, false
  for _, one in ipairs(kit.world.policies) do
    local verdict, decisions, failure = ask_one(one, hook, false, self, messages, number)
    if failure then
      take_failure(failure)
      has_failed = true
      if ON_ERROR[one.on_error] and hook ~= "quit" then
        verdict = { decision = "refuse", text = "policy failed", code = ON_ERROR[one.on_error], rule = hook, reason = "", delay = 0 }
      end
    end
    for n, decision in pairs(decisions or {}) do
      decision.policy = one.name
      if not decided[n] or RANK[decision.decision] > RANK[decided[n].decision] then
        decided[n] = decision
      end
    end
    if verdict then
      verdict.policy = one.name
      waited = math.max(waited, verdict.delay)
      if verdict.decision == "refuse" or verdict.decision == "disconnect" then
        return verdict, decided, waited, has_failed
      elseif not answer and verdict.decision ~= "delay" and verdict.decision ~= "allow" then
        answer = verdict
      end
    end
  end
  return answer, decided, waited, has_failed
end

local function tell(self, hook, messages, number)
  for _, one in ipairs(kit.world.policies) do
    local _, _, failure = ask_one(one, hook, true, self, messages, number)
    if failure then
      take_failure(failure)
    end
  end
end

local function refused(verdict)
  return verdict and (verdict.decision == "refuse" or verdict.decision == "disconnect")
end

local function refusal(verdict, closes)
  return reply{ ok = false, text = verdict.text, code = verdict.code, policy = verdict.policy, rule = verdict.rule,
                reason = verdict.reason, closed = closes or verdict.decision == "disconnect" }
end

local function is_over(message)
  return message.set_aside_until and message.set_aside_until <= kit.world.now
end

-- The client's view: what is neither hidden nor set aside nor about to expire.
local function decide(self, decided, has_failed)
  self.view, self.expiring, self.held = {}, {}, {}
  for number, message in ipairs(self.maildrop.messages) do
    local decision = decided[number] and decided[number].decision
    message.retrieved, message.deleted = false, false
    if decision == "hold" then
      self.held[message.uidl] = true
    elseif decision == "expire" and not has_failed then
      self.expiring[message.uidl] = decided[number].reason
    end
    if is_over(message) and decision ~= "hold" then
      self.expiring[message.uidl] = "set aside"
    end
    local is_hidden = message.hidden_since or message.set_aside_until or decision == "hide" or
                      self.expiring[message.uidl]
    if not is_hidden then
      self.view[#self.view + 1] = message
    end
  end
end

-- Logs in and opens the maildrop.
function session:open()
  if self.state ~= "new" then
    fail("this session is %s already: make another one", self.state)
  end
  self.login_time, self.state = kit.world.now, "over"
  local answer, _, waited = ask(self, "login")
  if refused(answer) then
    return refusal(answer, true)
  end
  kit.world.now = kit.world.now + math.ceil(waited)
  tell(self, "login")
  local verdict, decided, more, has_failed = ask(self, "open", self.maildrop.messages)
  if refused(verdict) then
    return refusal(verdict, true)
  end
  kit.world.now = kit.world.now + math.ceil(more)
  decide(self, decided, has_failed)
  self.state = "open"
  tell(self, "open", self.view)
  return reply{ waited = waited + more }
end

local function number_of(self, message)
  if type(message) == "string" then
    local _, number = find(self.view, message)
    return number or fail("the client does not see a message \"%s\"", message)
  end
  return message
end

-- One command: ask, carry out, tell. `work` returns a refusal of the server's own, or nil.
local function command(self, hook, message, work)
  if self.state ~= "open" then
    fail("the session is %s, not open", self.state)
  end
  local number = message and number_of(self, message)
  local it = number and self.view[number]
  if number and (not it or it.deleted) then
    return reply{ ok = false, text = "no such message" }
  end
  local answer, _, waited = ask(self, hook, self.view, number)
  kit.world.now = kit.world.now + math.ceil(waited)
  if refused(answer) then
    local out = refusal(answer)
    out.waited = waited
    if out.closed then
      self:drop()
    end
    return out
  end
  local out = reply{ waited = waited }
  work(out, it, answer)
  tell(self, hook, self.view, number)
  return out
end

function session:capa()
  return command(self, "capa", nil, function(out)
    local said = test.capa(self)
    out.expire, out.login_delay = said.expire, said.login_delay
  end)
end

function session:stat()
  local out = reply{ count = 0, octets = 0 }
  for _, message in ipairs(self.view) do
    if not message.deleted then
      out.count, out.octets = out.count + 1, out.octets + message.octets
    end
  end
  return out
end

-- `all`: the name of the list of every message's field.
local function listing(self, hook, field, all, message)
  return command(self, hook, message, function(out, it)
    out[field] = it and it[field]
    out[all] = {}
    for _, each in ipairs(self.view) do
      if not each.deleted and (not it or each == it) then
        table.insert(out[all], each[field])
      end
    end
  end)
end

function session:list(message)
  return listing(self, "list", "octets", "sizes", message)
end

function session:uidl(message)
  return listing(self, "uidl", "uidl", "uidls", message)
end

function session:retr(message)
  return command(self, "retr", message or fail("retr: which message?"), function(_, it)
    it.retrieved = true
  end)
end

function session:top(message)
  return command(self, "top", message or fail("top: which message?"), function() end)
end

function session:dele(message)
  return command(self, "dele", message or fail("dele: which message?"), function(_, it, answer)
    it.deleted = true
    if answer and (answer.decision == "hide" or answer.decision == "set_aside") then
      self.marks[it.uidl] = answer
    elseif self.held[it.uidl] then
      self.marks[it.uidl] = { decision = "set_aside", ["until"] = kit.world.now }
    end
  end)
end

function session:rset()
  for _, message in ipairs(self.view) do
    message.deleted = false
  end
  self.marks = {}
  return reply{}
end

local function carry_out(self, message, has_quit, quit_expires)
  local mark = has_quit and self.marks[message.uidl]
  if has_quit and message.retrieved then
    message.first_retrieved = message.first_retrieved or kit.world.now
    message.retrieved_count = message.retrieved_count + 1
  end
  if mark and mark.decision == "hide" then
    message.hidden_since = kit.world.now
  elseif mark then
    message.set_aside_until = mark["until"]
  end
  local reason = self.expiring[message.uidl] or has_quit and quit_expires[message.uidl] or
                 has_quit and message.deleted and not mark and "DELE" or nil
  message.retrieved, message.deleted = false, false
  return reason
end

local function finish(self, has_quit)
  local quit_expires, left, view = {}, {}, self.view
  if has_quit then
    local _, decided, _, has_failed = ask(self, "quit", view)
    for number, decision in pairs(decided) do
      local uidl = view[number].uidl
      if decision.decision == "expire" and not has_failed and not self.held[uidl] then
        quit_expires[uidl] = decision.reason
      end
    end
  end
  for _, message in ipairs(self.maildrop.messages) do
    local reason = carry_out(self, message, has_quit, quit_expires)
    if reason then
      self.maildrop.gone[message.uidl] = reason
    else
      left[#left + 1] = message
    end
  end
  self.maildrop.messages, self.state = left, "over"
  if has_quit then
    tell(self, "quit", view)
  end
  tell(self, "close", view)
end

function session:quit()
  if self.state ~= "open" then
    fail("the session is %s, not open", self.state)
  end
  finish(self, true)
  return reply{ closed = true }
end

-- The connection is lost, or the client says nothing any more.
function session:drop()
  if self.state == "open" then
    finish(self, false)
  end
end

-- A session that is not open yet.
function test.session(given)
  given = given or {}
  kit.check_keys("a session", given, SESSION_KEYS)
  kit.world.sessions = kit.world.sessions + 1
  local user = given.user or "alice@example.org"
  local at = restante.find(user, "@")
  return setmetatable({
    id = "test" .. kit.world.sessions, user = user, localpart = at and user:sub(1, at - 1) or user,
    domain = at and user:sub(at + 1) or "", peer = given.peer or "192.0.2.1",
    tls = given.tls ~= false, mechanism = given.mechanism or "PLAIN", login_time = kit.world.now,
    maildrop = kit.world.maildrop, state = "new", view = false, marks = {}, expiring = {}, held = {},
  }, kit.class("session", session))
end

return test, kit.begin
