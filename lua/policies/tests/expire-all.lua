-- For the tests of other policies: everything goes.
local p = { api = 1, name = "expire-all" }

function p.open(_, maildrop)
  local answers = {}
  for number in pairs(maildrop.messages) do
    answers[number] = restante.expire("on purpose")
  end
  return answers
end

return p
