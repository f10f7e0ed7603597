-- Mail may be read and not deleted: DELE is refused. What other policies expire they still expire.
--
--     policy = { { script = "read-only", users = { "archive@*" } } }

local p = {
  api = 1,
  name = "read-only",
  on_error = "refuse",
  settings = {
    users = { type = "list", help = "patterns of user names that it is for; everybody's when left out" },
    text = { type = "string", default = "this mailbox is read-only", help = "what the client is told" },
  },
}

local function is_for(user)
  if not p.settings.users then
    return true
  end
  for _, pattern in ipairs(p.settings.users) do
    if restante.glob(pattern, user) then
      return true
    end
  end
  return false
end

function p.dele(session)
  if is_for(session.user) then
    return restante.refuse(p.settings.text, "SYS/PERM")
  end
end

return p
