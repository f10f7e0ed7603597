-- What is deleted is set aside for a moment.

local p = { api = 1, name = "soon", settings = { moment = { type = "duration", default = "1s" } } }

function p.dele(session, message)
  return restante.set_aside(session.now + p.settings.moment, "for a moment")
end

return p
