-- What becomes of a message stands in its header. Whoever comes from 127.0.0.2 only looks.
local p = { api = 1, name = "rules", on_error = "refuse" }

function p.open(session, maildrop)
  local answers, expired, held = {}, restante.expire("old"), restante.hold("held")
  for number, message in pairs(maildrop.messages) do
    local what = message:header("X-Do")
    if what == "hold" then
      answers[number] = held
    elseif what == "expire" and session.peer ~= "127.0.0.2" then
      answers[number] = expired
    end
  end
  return answers
end

function p.dele(session, message)
  local what = message:header("X-Do")
  if what == "aside" then
    return restante.set_aside(session.now + 86400, "kept for a day")
  elseif what == "hide" then
    return restante.hide("hidden")
  end
end

return p
