-- Asked about everything, has nothing against anything; looks at each message once when the maildrop opens.
local p = { api = 1, name = "asked" }
local limit = 100 * 365 * 86400

function p.login(session)
  if session.now < session.login_time then
    return restante.refuse("before its time")
  end
end

function p.open(session, maildrop)
  local answers, old = {}, restante.expire("a hundred years old")
  for number, message in pairs(maildrop.messages) do
    if message.age > limit then
      answers[number] = old
    end
  end
  return answers
end

local function by_age(session, message)
  if message and message.age > limit then
    return restante.refuse("too old")
  end
end

p.list, p.uidl, p.retr, p.top, p.dele = by_age, by_age, by_age, by_age, by_age

return p
