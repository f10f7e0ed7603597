-- How long mail is kept, and what DELE does. docs/retention.md has recipes and says when what happens.
--
--     policy = { { script = "retention", keep = "30d", after_download = "7d" } }
--
-- Three things are decided: in `open` what has to go by its time or because there is too much of it, in `quit` what was
-- fetched and is not to stay, in `dele` whether a deleted message really goes. Whatever is not certain, is kept: a
-- message of which nobody knows when it was delivered, or that claims to come from the future, is never removed by time,
-- number or size.

local p = {
  api = 1,
  name = "retention",
  on_error = "try-later", -- a DELE that cannot be judged must not remove what is on hold
  settings = {
    keep = { type = "duration", min = "1h", none = "never", help = "removed so long after it was delivered" },
    after_download = { type = "duration", none = "never",
                       help = "removed so long after the first session that fetched it; 0: when that session ends" },
    only_if_downloaded = { type = "boolean", default = false, help = "nothing is removed that nobody has fetched" },
    max_messages = { type = "integer", min = 1, none = "unlimited", help = "the oldest go when there are more" },
    max_octets = { type = "size", min = 1, none = "unlimited", help = "the oldest go when they are larger together" },
    keep_at_least = { type = "duration", default = 0, help = "nothing and nobody removes what is younger" },
    on_delete = { type = "choice", choices = { "remove", "set aside", "hide" }, help = "what DELE does" },
    undelete_for = { type = "duration", min = "1m", none = "never", help = "so long what is set aside can be restored" },
    hold = { type = "list", none = "nobody", help = "patterns of users whose mail nothing removes" },
    hold_from = { type = "date", none = "always", help = "only what was delivered on this day or later is on hold" },
    hold_before = { type = "date", none = "always", help = "only what was delivered before this day is on hold" },
    show_after = { type = "date", none = "always", help = "what was delivered before this day is hidden" },
  },
}

-- A copy of the settings that hold for this user: a plain table is read faster than p.settings, a hundred thousand times.
local function read_settings()
  local s = {}
  for name, value in pairs(p.settings) do
    s[name] = value
  end
  return s
end

-- "30d", as the configuration has it.
local function written(seconds)
  for _, unit in ipairs({ { 86400, "d" }, { 3600, "h" }, { 60, "m" } }) do
    if seconds > 0 and seconds % unit[1] == 0 then
      return ("%d%s"):format(seconds // unit[1], unit[2])
    end
  end
  return ("%gs"):format(seconds)
end

-- When the message was delivered; nil when that is not certain.
local function certain_time(message, now)
  local delivered = message.delivered
  return delivered and delivered <= now and delivered or nil
end

-- May time, number and size remove it at all?
local function may_go(message, delivered, s, now)
  return delivered
    and delivered + s.keep_at_least <= now
    and not message.set_aside_until -- it goes when its own time has come
    and (not s.only_if_downloaded or message.first_retrieved or message.retrieved)
end

-- Is mail of this user on hold?
local function holds_user(s, user)
  for _, pattern in ipairs(s.hold or {}) do
    if restante.glob(pattern, user) then
      return true
    end
  end
  return false
end

-- Is a message of that time? What is not certain, is.
local function holds_time(s, delivered)
  return not delivered
    or (not s.hold_from or delivered >= s.hold_from) and (not s.hold_before or delivered < s.hold_before)
end

-- Oldest first: the numbers of messages, from keys that sort by time and then by number.
local function sort_by_age(keys, is_sorted, span)
  if not is_sorted then
    table.sort(keys)
  end
  for i, key in ipairs(keys) do
    keys[i] = key % span
  end
  return keys
end

-- Let the oldest go while there is too much. What is set aside or goes by its time is not counted; what is on hold or
-- hidden is. The newest message stays, however large it is.
local function trim(maildrop, answers, s, now)
  local count, octets, newest, last, is_sorted = 0, 0, 0, 0, true
  local keys, span = {}, maildrop.count + 1
  for number, message in pairs(maildrop.messages) do
    local answer = answers[number]
    if not message.set_aside_until and (not answer or answer.decision ~= "expire") then
      local delivered = certain_time(message, now)
      local key = (delivered or 0) * span + number
      count, octets, newest = count + 1, octets + message.octets, math.max(newest, key)
      if may_go(message, delivered, s, now) and not (answer and answer.decision == "hold") then
        is_sorted, last = is_sorted and last < key, key
        keys[#keys + 1] = key
      end
    end
  end
  local too_many = restante.expire(("max_messages = %d"):format(s.max_messages or 0))
  local too_large = restante.expire(("max_octets = %d"):format(s.max_octets or 0))
  local max_messages, max_octets = s.max_messages or math.huge, s.max_octets or math.huge
  for _, number in ipairs(sort_by_age(keys, is_sorted, span)) do
    if count <= max_messages and octets <= max_octets or number == newest % span then
      return
    end
    answers[number] = count > max_messages and too_many or too_large
    count, octets = count - 1, octets - maildrop.messages[number].octets
  end
end

function p.open(session, maildrop)
  local s, now, answers = read_settings(), session.now, {}
  local keep, after_download, is_held = s.keep, s.after_download, holds_user(s, session.user)
  if not (keep or after_download or is_held or s.show_after or s.max_messages or s.max_octets) then
    return nil
  end
  local on_hold = restante.hold("hold")
  local too_old = keep and restante.expire("keep = " .. written(keep))
  local fetched = after_download and restante.expire("after_download = " .. written(after_download))
  local hidden = restante.hide("show_after")
  for number, message in pairs(maildrop.messages) do
    local delivered = certain_time(message, now)
    local fetched_at = after_download and message.first_retrieved
    if is_held and holds_time(s, delivered) then
      answers[number] = on_hold
    elseif keep and delivered and delivered + keep <= now and may_go(message, delivered, s, now) then
      answers[number] = too_old
    elseif fetched_at and fetched_at + after_download <= now and may_go(message, delivered, s, now) then
      answers[number] = fetched
    elseif s.show_after and delivered and delivered < s.show_after then
      answers[number] = hidden
    end
  end
  if maildrop.count > (s.max_messages or math.huge) or maildrop.octets > (s.max_octets or math.huge) then
    trim(maildrop, answers, s, now)
  end
  return answers
end

-- Download and delete: what is fetched goes with the session that fetched it.
function p.quit(session, maildrop)
  local s, now, answers = read_settings(), session.now, {}
  if s.after_download ~= 0 then
    return nil
  end
  local is_held, fetched = holds_user(s, session.user), restante.expire("after_download = 0s")
  for number, message in pairs(maildrop.messages) do
    local fetched_at = message.first_retrieved or message.retrieved and now
    -- A deleted one goes the way that `dele` has said.
    if fetched_at and fetched_at <= now and not message.deleted then
      local delivered = certain_time(message, now)
      if may_go(message, delivered, s, now) and not (is_held and holds_time(s, delivered)) then
        answers[number] = fetched
      end
    end
  end
  return answers
end

function p.dele(session, message)
  local s, now = p.settings, session.now
  local young_for = s.keep_at_least - message.age
  local set_aside = s.on_delete == "set aside" or not s.on_delete and s.undelete_for
  if s.on_delete == "hide" then
    return restante.hide("on_delete = hide")
  elseif set_aside and s.undelete_for >= young_for then
    return restante.set_aside(math.ceil(now + s.undelete_for), "undelete_for = " .. written(s.undelete_for))
  elseif young_for > 0 then
    return restante.set_aside(math.ceil(now + young_for), "keep_at_least = " .. written(s.keep_at_least))
  end
end

-- RFC 2449: EXPIRE is the time for which mail is kept at least. Number and size cannot be announced.
function p.announce(session)
  local s = p.settings
  local holds_all = s.hold and not s.hold_from and not s.hold_before
  local least = math.min(s.keep or math.huge, s.after_download or math.huge)
  if least == math.huge or session and holds_all and holds_user(s, session.user) then
    return { expire = "never" }
  end
  return { expire = math.max(least, s.keep_at_least), expire_differs = not session and holds_all }
end

-- What contradicts itself is refused at start: better than mail that goes when nobody expects it.
function p.check()
  local s = p.settings
  if s.keep and s.keep < s.keep_at_least then
    return "is less than keep_at_least", "keep"
  elseif s.keep and s.after_download and s.after_download > s.keep then
    return "is never reached, as keep is over before; leave it out, or \"never\"", "after_download"
  elseif s.on_delete == "set aside" and not s.undelete_for then
    return "needs undelete_for: how long what is set aside can be restored", "on_delete"
  elseif s.on_delete and s.on_delete ~= "set aside" and s.undelete_for then
    return "is for on_delete = \"set aside\"; leave it out, or \"never\"", "undelete_for"
  elseif (s.hold_from or s.hold_before) and not s.hold then
    return "is of no use without hold: whose mail is it?", s.hold_from and "hold_from" or "hold_before"
  elseif s.hold_from and s.hold_before and s.hold_before <= s.hold_from then
    return "is not behind hold_from, so that nothing is on hold", "hold_before"
  end
end

return p
