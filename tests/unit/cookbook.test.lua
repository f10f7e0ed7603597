-- Tests of the policies that docs/lua.md shows; the unit test puts them beside this file.
local t = {}

local function open(given)
  local session = test.session(given)
  test.ok(session:open())
  return session
end

function t.keep_a_week()
  local clock = test.clock()
  test.policy("keep-a-week")
  local maildrop = test.maildrop{ { uidl = "a", age = "6d" } }
  local session = open()
  test.equal(test.refused(session:dele("a"), "SYS/PERM").text, "kept for a week")
  session:quit()
  clock:advance("1d")
  session = open()
  test.ok(session:dele("a"))
  session:quit()
  test.equal(maildrop:removed(), { a = "DELE" })
end

function t.hide_old()
  test.policy("hide-old", { show_after = "30d" })
  local maildrop = test.maildrop{ { uidl = "a", age = "31d" }, { uidl = "b", age = "30d" }, { uidl = "c", delivered = false } }
  local session = open()
  test.equal(session:uidl().uidls, { "b", "c" })
  session:quit()
  test.equal(maildrop:uidls(), { "a", "b", "c" })
  test.equal(maildrop:state("a"), "there")
end

function t.office_hours()
  local clock = test.clock("2026-03-02 07:59") -- a Monday
  test.policy("office-hours")
  test.refused(test.session():open(), "SYS/TEMP")
  clock:advance("1m")
  open():quit()
  clock:set("2026-03-02 18:00")
  test.refused(test.session():open())
  clock:set("2026-03-07 12:00")
  test.refused(test.session():open())
end

function t.download_budget()
  local clock = test.clock("2026-03-01 23:00")
  test.policy("download-budget", { a_day = 2500 })
  test.maildrop{ {}, {}, {} }
  local session = open()
  test.ok(session:retr(1))
  test.ok(session:retr(2))
  test.refused(session:retr(3), "SYS/TEMP")
  session:quit()
  clock:advance("1h")
  session = open()
  test.ok(session:retr(3))
end

function t.one_device()
  test.policy("one-device", { peers = { "192.0.2.*", "2001:db8::*" } })
  local maildrop = test.maildrop{ { uidl = "a" }, { uidl = "b" } }
  local session = open{ peer = "198.51.100.7" }
  test.refused(session:dele("a"), "SYS/PERM")
  session:quit()
  for uidl, peer in pairs{ a = "192.0.2.200", b = "2001:db8::1" } do
    session = open{ peer = peer }
    test.ok(session:dele(uidl))
    session:quit()
  end
  test.equal(maildrop:uidls(), {})
end

function t.archive_on_delete()
  local clock = test.clock()
  test.policy("archive-on-delete")
  local maildrop = test.maildrop{ { uidl = "a" }, { uidl = "b", headers = { Precedence = "bulk" } } }
  local session = open()
  test.ok(session:dele("a"))
  test.ok(session:dele("b"))
  session:quit()
  test.equal(maildrop:removed(), { b = "DELE" })
  test.equal(maildrop:state("a"), "set aside")
  clock:advance("29d")
  open():quit()
  test.equal(maildrop:uidls(), { "a" })
  clock:advance("1d")
  open():drop()
  test.equal(maildrop:uidls(), {})
end

function t.fetch_and_delete()
  test.file("/etc/restante/keep-theirs", "bob@example.org\n")
  test.policy("fetch-and-delete", { exempt = "/etc/restante/keep-theirs" })
  local maildrop = test.maildrop{ { uidl = "a" }, { uidl = "b" } }
  local session = open{ user = "bob@example.org" }
  session:retr("a")
  session:quit()
  test.equal(maildrop:uidls(), { "a", "b" })
  session = open()
  session:retr("a")
  session:quit()
  test.equal(maildrop:removed(), { a = "fetched" })
  test.equal(test.capa().expire, "0 USER")
  test.equal(test.capa(open()).expire, "0")
end

function t.gentle()
  local gentle = test.policy("gentle")
  local limit = gentle:ask("login", test.session{ tls = false })
  test.equal({ limit.decision, limit.idle, limit.bad_commands }, { "limit", 600, 3 })
  test.equal(gentle:ask("login", test.session()), nil)
  local many = {}
  for i = 1, 20000 do
    many[i] = { uidl = "m" .. i, octets = 1 }
  end
  test.maildrop(many)
  local session = open()
  test.equal(session:uidl().waited, 2.0)
  test.equal(session:uidl(1).waited, 0)
end

return t
