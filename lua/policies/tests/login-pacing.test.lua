local t = {}

local function login()
  local session = test.session()
  local answer = session:open()
  if answer.ok then
    session:quit()
  end
  return answer
end

function t.some_logins_pass_at_once_and_one_more_after_each_time()
  local clock = test.clock("2026-03-01 09:00")
  test.policy("login-pacing", { logins = 2, every = "100s" })
  test.ok(login())
  test.ok(login())
  test.equal(test.refused(login(), "LOGIN-DELAY").text, "too many logins, try again in 100 s")
  clock:advance("99s")
  test.equal(test.refused(login(), "LOGIN-DELAY").text, "too many logins, try again in 1 s")
  clock:advance("1s")
  test.ok(login())
  clock:advance("50s")
  test.refused(login())
end

function t.no_more_is_earned_than_the_bucket_holds()
  local clock = test.clock()
  test.policy("login-pacing", { logins = 2, every = "100s" })
  clock:advance("30d")
  test.ok(login())
  test.ok(login())
  test.refused(login())
end

-- Outlook opens a maildrop twice in a row.
function t.two_logins_in_a_row_pass_by_default()
  test.policy("login-pacing")
  test.ok(login())
  test.ok(login())
end

function t.a_clock_that_goes_back_locks_nobody_out()
  local clock = test.clock("2026-03-01 09:00")
  test.policy("login-pacing", { logins = 1, every = "100s" })
  test.ok(login())
  clock:set("2026-02-01 09:00")
  test.ok(login())
end

function t.it_is_announced()
  test.policy("login-pacing", { every = "2m" })
  test.equal(test.capa(), { expire = "NEVER", login_delay = "120" })
  local session = test.session()
  session:open()
  test.equal(session:capa().login_delay, "120")
end

function t.settings_have_a_range()
  test.fails(function() test.policy("login-pacing", { logins = 0 }) end, "logins")
  test.fails(function() test.policy("login-pacing", { evry = "5m" }) end, "did you mean \"every\"?")
end

return t
