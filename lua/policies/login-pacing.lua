-- How often a maildrop may be opened: a bucket of `logins` tokens, one of which comes back after each `every`.
--
-- A plain delay between two logins (RFC 2449, LOGIN-DELAY) breaks clients that fetch in one session and delete in the
-- next one right behind it; a bucket lets a few logins pass at once and still holds their number down.
--
--     policy = { { script = "login-pacing", logins = 3, every = "5m" } }

local p = {
  api = 1,
  name = "login-pacing",
  on_error = "allow",
  settings = {
    logins = { type = "integer", default = 3, min = 1, max = 1000, help = "logins that may follow each other at once" },
    every = { type = "duration", default = "5m", min = "1s", max = "1d", help = "time after which one more may" },
  },
}

-- `full` is when the bucket will be full again; a login puts that off by `every`.
function p.login(session)
  local now, every, full = session.now, p.settings.every, session.store.full
  -- Further away than it can be: the clock was set back.
  if not math.type(full) or full < now or full > now + p.settings.logins * every then
    full = now
  end
  local wait = full - (p.settings.logins - 1) * every - now
  if wait > 0 then
    return restante.refuse(("too many logins, try again in %d s"):format(math.ceil(wait)), "LOGIN-DELAY")
  end
  session.store.full = full + every
end

function p.announce()
  return { login_delay = p.settings.every }
end

return p
