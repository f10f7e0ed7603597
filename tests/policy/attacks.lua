-- What a policy can do to its server, deliberately or not. The user's name says which of it, and in which hook:
-- "retr_loop" loops when RETR is asked about message 1. Everybody else is served.
local attacks = {}

-- Before each attack on what is decided about the whole maildrop: everything would go.
local function expire_everything(maildrop)
  local answers, expired = {}, restante.expire("everything")
  for number = 1, maildrop and maildrop.count or 0 do
    answers[number] = expired
  end
  return answers
end

-- --- loops ---------------------------------------------------------------------------------------------------------

function attacks.loop()
  while true do end
end

function attacks.pcall()
  while true do
    pcall(function()
      while true do end
    end)
  end
end

function attacks.xpcall()
  while true do
    xpcall(error, function()
      while true do end
    end)
  end
end

function attacks.coroutine()
  while true do
    coroutine.resume(coroutine.create(function()
      while true do end
    end))
  end
end

function attacks.yields()
  local wrapped = coroutine.wrap(function()
    while true do
      coroutine.yield()
    end
  end)
  while true do
    wrapped()
  end
end

function attacks.metamethod()
  local loops = function()
    while true do end
  end
  local one = setmetatable({}, { __eq = loops, __index = loops, __lt = loops, __concat = loops, __close = loops })
  local closed <close> = one
  return one == setmetatable({}, getmetatable(one))
end

function attacks.sort()
  local list = {}
  for i = 1, 1000 do
    list[i] = i
  end
  while true do
    pcall(table.sort, list, function()
      return true
    end)
  end
end

function attacks.find()
  local hay, needle = ("a"):rep(1 << 17), ("a"):rep(1 << 16) .. "b"
  while true do
    hay:find(needle)
  end
end

function attacks.closes()
  local function again()
    local closed <close> = setmetatable({}, { __close = function()
      while true do end
    end })
    return again() + 1
  end
  again()
end

-- --- memory --------------------------------------------------------------------------------------------------------

function attacks.string()
  local text = "x"
  while true do
    text = text .. text
  end
end

function attacks.rep()
  return ("x"):rep(1 << 40)
end

function attacks.table()
  local list = {}
  for i = 1, math.huge do
    list[i] = { i }
  end
end

function attacks.caught()
  local list = {}
  while true do
    pcall(function()
      while true do
        list[#list + 1] = ("x"):rep(1000) .. #list
      end
    end)
  end
end

function attacks.coroutines()
  local list = {}
  while true do
    list[#list + 1] = coroutine.create(error)
  end
end

-- --- depth ---------------------------------------------------------------------------------------------------------

function attacks.depth()
  local function deeper()
    return 1 + deeper()
  end
  return deeper()
end

function attacks.arguments()
  local function more(...)
    return more(1, 2, 3, 4, 5, 6, 7, 8, 9, ...)
  end
  return more()
end

function attacks.wrapped()
  local function deeper()
    return coroutine.wrap(deeper)()
  end
  return deeper()
end

-- --- errors --------------------------------------------------------------------------------------------------------

function attacks.error()
  error("a\r\n-ERR line\0 and more: " .. ("x"):rep(5000))
end

function attacks.nothing()
  error()
end

function attacks.value()
  error(setmetatable({}, { __tostring = error }))
end

function attacks.number()
  error(5)
end

function attacks.index()
  return nil + 1
end

function attacks.field(session)
  return session.no_such_field
end

function attacks.write(session)
  session.user = "somebody else"
end

function attacks.environment()
  os.execute("true")
end

function attacks.collected()
  return setmetatable({}, { __gc = function() end })
end

function attacks.bytecode()
  return load("\27Lua")
end

-- --- answers -------------------------------------------------------------------------------------------------------

function attacks.answer()
  return "delete everything"
end

function attacks.another(session, hook)
  return hook == "open" and restante.set_aside(session.now + 60) or restante.expire("it is not asked about that")
end

function attacks.text()
  return restante.refuse(setmetatable({}, { __tostring = function() return "x" end }))
end

-- At open and quit: one bad answer among good ones.
function attacks.among(session, hook, maildrop)
  local answers = expire_everything(maildrop)
  answers[maildrop and maildrop.count + 1 or 1] = restante.expire("a message that is not there")
  return answers
end

local kept = {}
function attacks.stale(session, hook, maildrop)
  kept[1] = kept[1] or session
  kept[2] = function() return kept[1].user end
  coroutine.wrap(kept[2])()
  error("kept for later")
end

-- --- the policy ----------------------------------------------------------------------------------------------------

local about_maildrop = { open = true, quit = true, ["after.open"] = true, ["after.quit"] = true, ["after.close"] = true }

local function attacked(hook)
  return function(session, subject)
    local wanted, name = table.unpack(restante.split(session.user, "_"))
    if wanted ~= hook or not attacks[name] then
      return nil
    end
    local maildrop = about_maildrop[hook] and subject or nil
    if subject and not maildrop and subject.number ~= 1 then
      return nil
    end
    expire_everything(maildrop)
    return attacks[name](session, hook, maildrop)
  end
end

local policy = { api = 1, name = "attacks", after = {} }
for _, hook in ipairs({ "login", "open", "capa", "list", "uidl", "retr", "top", "dele", "quit" }) do
  policy[hook] = attacked(hook)
  policy.after[hook] = attacked("after." .. hook)
end
policy.after.close = attacked("after.close")
return policy
