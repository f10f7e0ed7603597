local t = {}

function t.nobody_may_delete()
  test.policy("read-only")
  local maildrop = test.maildrop{ { uidl = "a" } }
  local session = test.session()
  test.ok(session:open())
  local answer = test.refused(session:dele("a"), "SYS/PERM")
  test.equal(answer.text, "this mailbox is read-only")
  session:quit()
  test.equal(maildrop:uidls(), { "a" })
end

function t.reading_is_not_touched()
  test.policy("read-only")
  test.maildrop{ { uidl = "a", octets = 120 } }
  local session = test.session()
  session:open()
  test.ok(session:retr("a"))
  test.ok(session:top("a"))
  test.equal(session:list().sizes, { 120 })
end

function t.only_for_whom_it_is_meant()
  test.policy("read-only", { users = { "archive@*", "*@Example.net" }, text = "look, do not touch" })
  local maildrop = test.maildrop{ { uidl = "a" }, { uidl = "b" } }
  local session = test.session{ user = "archive@example.org" }
  session:open()
  test.equal(test.refused(session:dele("a")).text, "look, do not touch")
  session:drop()
  session = test.session{ user = "bob@example.net" }
  session:open()
  test.refused(session:dele("a"))
  session:drop()
  session = test.session{ user = "bob@example.org" }
  session:open()
  test.ok(session:dele("a"))
  session:quit()
  test.equal(maildrop:uidls(), { "b" })
  test.equal(maildrop:removed(), { a = "DELE" })
end

function t.what_other_policies_expire_goes()
  test.policy("read-only")
  test.policy("expire-all")
  local maildrop = test.maildrop{ { uidl = "a" } }
  local session = test.session()
  session:open()
  session:quit()
  test.equal(maildrop:removed(), { a = "on purpose" })
end

return t
