-- What docs/retention.md promises, by example. Properties over random maildrops are tested elsewhere.
local t = {}

local function visit(work, given)
  local session = test.session(given)
  test.ok(session:open())
  local result = work and work(session)
  test.ok(session:quit())
  return result
end

local function shown(given)
  return visit(function(session) return session:uidl().uidls end, given)
end

function t.without_a_setting_nothing_goes()
  test.policy("retention")
  local maildrop = test.maildrop{ { uidl = "a", age = "3650d" } }
  test.equal(shown(), { "a" })
  test.equal(maildrop:uidls(), { "a" })
  test.equal(test.capa().expire, "NEVER")
end

function t.keep_since_delivery()
  local clock = test.clock("2026-03-01 09:00")
  test.policy("retention", { keep = "30d" })
  local maildrop = test.maildrop{ { uidl = "a", age = "29d" }, { uidl = "b", age = "1d" } }
  test.equal(shown(), { "a", "b" })
  clock:advance("23h")
  test.equal(shown(), { "a", "b" })
  clock:advance("1h")
  test.equal(shown(), { "b" })
  test.equal(maildrop:removed(), { a = "keep = 30d" })
  test.equal(test.capa().expire, "30")
end

function t.an_uncertain_time_is_no_age()
  test.policy("retention", { keep = "1d", max_messages = 1 })
  local maildrop = test.maildrop{ { uidl = "unknown", delivered = false }, { uidl = "future", delivered = "2030-01-01" } }
  visit()
  test.equal(maildrop:uidls(), { "unknown", "future" })
end

function t.after_download_counts_from_the_first_whole_retr_of_a_session_with_quit()
  local clock = test.clock("2026-03-01 09:00")
  test.policy("retention", { after_download = "7d" })
  local maildrop = test.maildrop{ { uidl = "a" }, { uidl = "b" } }
  local session = test.session()
  session:open()
  session:retr("b")
  session:drop()
  visit(function(s) s:retr("a") s:top("b") end)
  clock:advance("6d")
  visit(function(s) s:retr("a") end) -- once more, which does not matter
  clock:advance("1d")
  test.equal(shown(), { "b" })
  test.equal(maildrop:removed(), { a = "after_download = 7d" })
  test.equal(test.capa().expire, "7")
end

function t.download_and_delete()
  test.policy("retention", { after_download = 0 })
  local maildrop = test.maildrop{ { uidl = "a" }, { uidl = "b" } }
  visit(function(session) session:retr("a") end)
  test.equal(maildrop:removed(), { a = "after_download = 0s" })
  test.equal(test.capa().expire, "0")
end

function t.only_if_downloaded_exempts_what_nobody_has_fetched()
  test.policy("retention", { keep = "7d", max_messages = 1, only_if_downloaded = true })
  local maildrop = test.maildrop{ { uidl = "a", age = "9d" }, { uidl = "b", age = "9d", first_retrieved = "8d" }, { uidl = "c" } }
  visit()
  test.equal(maildrop:removed(), { b = "keep = 7d" })
end

function t.the_oldest_go_when_there_are_too_many()
  test.policy("retention", { max_messages = 2 })
  local maildrop = test.maildrop{ { uidl = "new" }, { uidl = "old", age = "9d" }, { uidl = "older", age = "10d" } }
  visit()
  test.equal(maildrop:removed(), { older = "max_messages = 2" })
end

function t.the_oldest_go_when_they_are_too_large_but_never_the_newest()
  test.policy("retention", { max_octets = 1000 })
  local maildrop = test.maildrop{ { uidl = "a", age = "2d", octets = 500 }, { uidl = "b", age = "1d", octets = 5000 } }
  visit()
  test.equal(maildrop:uidls(), { "b" })
end

function t.keep_at_least_holds_against_everybody()
  local clock = test.clock("2026-03-01 09:00")
  test.policy("retention", { keep_at_least = "10d", max_messages = 1 })
  local maildrop = test.maildrop{ { uidl = "a", age = "9d" }, { uidl = "b", age = "8d" } }
  visit(function(session) test.ok(session:dele("a")) end)
  test.equal(maildrop:state("a"), "set aside")
  test.equal(maildrop:set_aside_until("a"), clock:now() + 86400)
  test.equal(shown(), { "b" })
  clock:advance("1d")
  visit()
  test.equal(maildrop:removed(), { a = "set aside" })
end

function t.on_delete()
  test.policy("retention", { on_delete = "set aside", undelete_for = "14d" })
  local maildrop = test.maildrop{ { uidl = "a" } }
  visit(function(session) session:dele("a") end)
  test.equal(maildrop:state("a"), "set aside")
end

function t.on_delete_may_hide()
  test.policy("retention", { on_delete = "hide" })
  local maildrop = test.maildrop{ { uidl = "a" } }
  visit(function(session) session:dele("a") end)
  test.equal(maildrop:state("a"), "hidden")
end

function t.hold_beats_age_number_and_dele()
  local clock = test.clock("2026-03-01 09:00")
  test.policy("retention", { keep = "1d", max_messages = 1, hold = { "boss@*" } })
  local maildrop = test.maildrop{ { uidl = "a", age = "9d" }, { uidl = "b", age = "8d" } }
  visit(function(session) test.ok(session:dele("a")) end, { user = "boss@example.org" })
  clock:advance("99d")
  visit(nil, { user = "boss@example.org" })
  test.equal(maildrop:uidls(), { "a", "b" })
  test.equal(maildrop:removed(), {})
  test.equal(test.capa(test.session{ user = "boss@example.org" }).expire, "NEVER")
end

function t.hold_has_a_range_of_dates()
  test.clock("2026-03-01 09:00")
  test.policy("retention", { keep = "1d", hold = { "*" }, hold_from = "2026-02-01", hold_before = "2026-02-10" })
  local maildrop = test.maildrop{ { uidl = "before", delivered = "2026-01-31" }, { uidl = "in", delivered = "2026-02-01" },
                                  { uidl = "behind", delivered = "2026-02-10" } }
  visit()
  test.equal(maildrop:uidls(), { "in" })
end

function t.show_after_hides_and_removes_nothing()
  test.clock("2026-03-01 09:00")
  test.policy("retention", { show_after = "2026-02-15" })
  local maildrop = test.maildrop{ { uidl = "a", delivered = "2026-02-14" }, { uidl = "b", delivered = "2026-02-15" } }
  test.equal(shown(), { "b" })
  test.equal(maildrop:uidls(), { "a", "b" })
  test.equal(maildrop:state("a"), "there")
end

function t.users_may_have_settings_of_their_own()
  test.file("/etc/restante/interns", "eve@example.org\n")
  test.policy("retention", { keep = "30d", overrides = {
    { users = { "boss@*" }, keep = "never" }, { list = "/etc/restante/interns", keep = "2d" }, { domains = { "example.net" }, keep = "90d" },
  } })
  for user, expire in pairs{ ["boss@example.org"] = "NEVER", ["eve@example.org"] = "2", ["a@example.net"] = "90", ["a@b"] = "30" } do
    test.equal(test.capa(test.session{ user = user }).expire, expire, user)
  end
  test.equal(test.capa().expire, "2 USER")
end

function t.what_contradicts_itself_is_refused()
  test.fails(function() test.policy("retention", { keep = "1d", keep_at_least = "2d" }) end, "is less than keep_at_least")
  test.fails(function() test.policy("retention", { keep = "1d", after_download = "2d" }) end, "is never reached")
end

return t
