-- Answers what the user's name says: "…-HOOK-ANSWER-…", where HOOK may be "commands" for all of them; in open, dele and
-- quit about one message what its field X-Open, X-Dele or X-Quit says. A transcript's user is named like its file.

local p = {
  api = 1,
  name = "answers",
  settings = { delay = { type = "duration", default = "100ms" } },
}

local function has(session, hook, answer)
  return restante.glob("*-" .. hook .. "-" .. answer .. "*", session.user)
end

local function answer(session, hook)
  if has(session, hook, "refuse") then
    return restante.refuse(hook .. " is not for you", "SYS/PERM")
  elseif has(session, hook, "disconnect") then
    return restante.disconnect(hook .. " ends it", "SYS/TEMP")
  elseif has(session, hook, "delay") then
    return restante.delay(p.settings.delay)
  elseif has(session, hook, "fails") then
    error("as the name says")
  end
end

local function about_one(message, field)
  local word, seconds = message:header(field), 86400
  if word == "hide" then
    return restante.hide("as it says")
  elseif word == "expire" then
    return restante.expire("as it says")
  elseif word == "hold" then
    return restante.hold("as it says")
  elseif word == "set-aside" then
    return restante.set_aside(message.age + seconds * 100000, "as it says")
  end
end

local function about_all(maildrop, field)
  local answers = {}
  for number, message in pairs(maildrop.messages) do
    answers[number] = about_one(message, field)
  end
  return answers
end

function p.login(session)
  if has(session, "login", "limit") then
    return restante.limit{ idle = 600, bad_commands = 2 }
  end
  return answer(session, "login")
end

-- What is decided about messages before it fails must not count.
function p.open(session, maildrop)
  return answer(session, "open") or about_all(maildrop, "X-Open")
end

for _, hook in ipairs{ "capa", "list", "uidl", "retr", "top" } do
  p[hook] = function(session)
    return answer(session, hook) or answer(session, "commands")
  end
end

function p.dele(session, message)
  return answer(session, "dele") or answer(session, "commands") or about_one(message, "X-Dele")
end

function p.quit(session, maildrop)
  answer(session, "quit") -- may fail
  return about_all(maildrop, "X-Quit")
end

p.after = {}
for _, hook in ipairs{ "login", "open", "capa", "list", "uidl", "retr", "top", "dele", "quit", "close" } do
  p.after[hook] = function(session, what)
    if has(session, "after", "all") then
      local number = hook ~= "open" and hook ~= "quit" and hook ~= "close" and what and " " .. what.number or ""
      restante.log("after " .. hook .. number .. " for " .. session.user)
    end
  end
end

return p
