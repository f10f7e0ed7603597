"""restante held: what clients are not shown is listed, comes back under its old name and place, or goes."""
from commands.administrator import EXIT_USAGE, expect
from harness.results import Failure
from harness.wire import Wire
from maintain.boxes import snapshot
from maintain.expire import EXIT_FAILURE, EXIT_IN_USE, configure, expect_left, left, user
from maintain.journal import lines

# A client's DELE of a message that is held sets it aside instead.
HOLD = """
local p = { api = 1, name = "holder" }
function p.open(session, maildrop)
  local answers = {}
  for number in pairs(maildrop.messages) do answers[number] = restante.hold("an audit") end
  return answers
end
return p
"""


ARCHIVE = """
local p = { api = 1, name = "archive" }
function p.dele(session, message)
  return restante.set_aside(session.now + 7 * 86400, "kept a week")
end
return p
"""


def uidls(server, account):
    wire = Wire(server, "plain")
    wire.login(account)
    wire.send(b"UIDL\r\n")
    wire.expect_ok()
    found = [line.split()[1].decode() for line in wire.multiline()]
    wire.ok("QUIT")
    return found


def release(server):
    """The hold is over."""
    (server.base / "policy.lua").write_text('return { api = 1, name = "holder" }\n')


def set_aside(server, *numbers, messages=4):
    """A stopped server whose alice has deleted these; her unique-ids before that."""
    configure(server, HOLD)
    alice = user(server, "alice", messages)
    with server:
        before = uidls(server, alice)
        wire = Wire(server, "plain")
        wire.login(alice)
        for number in numbers:
            wire.ok(f"DELE {number}")
        wire.ok("QUIT")
        after = uidls(server, alice)
    if after != [uidl for at, uidl in enumerate(before, 1) if at not in numbers]:
        raise Failure(f"{before} became {after}: this test shows nothing")
    expect_left(alice, messages)
    return alice, before


def listed_with_since_until_and_rule(server):
    _, before = set_aside(server, 2, 4)
    snap = snapshot(server.base)
    done = server.command("held", "list", "alice")
    expect(done, 0)
    rows = [line.split() for line in done.stdout.splitlines()]
    if rows[0] != ["UIDL", "OCTETS", "STATE", "SINCE", "UNTIL", "RULE"] or [row[0] for row in rows[1:]] != \
            [before[1], before[3]] or any(row[2:4] != ["set", "aside"] for row in rows[1:]) or \
            "holder, " not in done.stdout or "an audit" not in done.stdout:
        raise Failure(done.stdout)
    if snapshot(server.base) != snap:
        raise Failure("something was changed")


def restored_under_the_same_name_and_place(server):
    alice, before = set_aside(server, 1, 2, 4)
    expect(server.command("held", "restore", "alice", before[1]), 0, "alice: 1 messages restored (")
    with server:
        if uidls(server, alice) != [before[1], before[2]]:
            raise Failure(f"{uidls(server, alice)} of {before}")
        expect(server.command("held", "restore", "alice", "--all"), 0, "alice: 2 messages restored (")
        if uidls(server, alice) != before:
            raise Failure(f"{uidls(server, alice)} of {before}")
    told = [line for line in lines(server, "alice") if "  restored  " in line]
    if len(told) != 3 or any("  admin  " not in line for line in told):
        raise Failure(f"{told}")
    expect(server.command("held", "list", "alice"), 0)
    expect_left(alice, 4)


def purged_now_and_journaled(server):
    alice, before = set_aside(server, 2, 3)
    expect(server.command("held", "purge", "alice", before[1]), EXIT_FAILURE, "alice: 0 messages removed",
           "1 messages are kept by a policy")
    expect_left(alice, 4)
    release(server)
    expect(server.command("held", "purge", "alice", before[1]), 0, "alice: 1 messages removed (")
    expect_left(alice, 3)
    told = [line for line in lines(server, "alice") if "  removed  " in line]
    if len(told) != 1 or "  admin  " not in told[0] or before[1] not in told[0] or "@example.org>" not in told[0]:
        raise Failure(f"{told}")
    expect(server.command("held", "purge", "alice", "--all"), 0, "alice: 1 messages removed (")
    with server:
        if uidls(server, alice) != [before[0], before[3]]:
            raise Failure("others are gone")
    expect(server.command("held", "purge", "alice", "--all"), 0, "alice: 0 messages removed")
    expect_left(alice, 2)


def exact_names_are_needed(server):
    alice, before = set_aside(server, 2)
    release(server)
    for verb in ("restore", "purge"):
        expect(server.command("held", verb, "alice", before[0], "nobody"), EXIT_FAILURE,
               f"no message {before[0]} is set aside or hidden", "no message nobody is set aside or hidden")
        expect(server.command("held", verb, "alice", before[1][:-1]), EXIT_FAILURE, "is set aside or hidden")
    expect_left(alice, 4)
    if before[1] not in server.command("held", "list", "alice").stdout:
        raise Failure("it is no longer held")


def in_use_is_skipped(server):
    alice, before = set_aside(server, 2)
    with server:
        wire = Wire(server, "plain")
        wire.login(alice)
        for arguments in (("list", "alice"), ("restore", "alice", before[1]), ("purge", "alice", "--all")):
            expect(server.command("held", *arguments), EXIT_IN_USE, "alice: skipped: the maildrop is in use")
        wire.ok("QUIT")
        expect(server.command("held", "restore", "alice", before[1]), 0, "alice: 1 messages restored (")
    expect_left(alice, 4)


def set_aside_by_a_policy(server):
    """A DELE becomes a time: whole until then, shown to nobody, back when restored, and gone with expire after it."""
    configure(server, ARCHIVE)
    alice = user(server, "alice", 3)
    with server:
        before = uidls(server, alice)
        wire = Wire(server, "plain")
        wire.login(alice)
        for number in (1, 2, 3):
            wire.ok(f"DELE {number}")
        wire.ok("QUIT")
        if uidls(server, alice):
            raise Failure("they are still shown")
    expect_left(alice, 3)
    rows = server.command("held", "list", "alice").stdout.splitlines()[1:]
    if [row.split()[0] for row in rows] != before or any("archive, dele, line 4: kept a week" not in row for row in rows):
        raise Failure(f"{rows}")
    expect(server.command("held", "restore", "alice", before[1]), 0)
    expect(server.command("expire", "--user", "alice"), 0, "alice: 0 of 3 messages removed")
    expect(server.command("expire", "--user", "alice", "--dry-run", "--at", "8d"), 0, "alice: 2 of 3 messages would")
    told = [line.split()[3] for line in lines(server, "alice", "--since", "1h")[1:]]
    if told != ["set", "set", "set", "restored"]:
        raise Failure(f"{told}")
    with server:
        if uidls(server, alice) != [before[1]]:
            raise Failure("the restored one is not alone")


def nothing_is_held(server):
    alice = user(server, "alice", 2)
    server.prepare()
    snap = snapshot(server.base)
    if server.command("held", "list", "alice").stdout:
        raise Failure("something is listed")
    expect(server.command("held", "restore", "alice", "--all"), 0, "alice: 0 messages restored")
    expect(server.command("held", "purge", "alice", "--all"), 0, "alice: 0 messages removed")
    expect(server.command("held", "purge", "alice", "u"), EXIT_FAILURE, "no message u is set aside")
    if snapshot(server.base) != snap or left(alice) != 2:
        raise Failure("something was made or changed")


def a_maildrop_with_messages_set_aside_is_not_forgotten(server):
    alice, before = set_aside(server, 2)
    expect(server.command("forget", "alice"), EXIT_FAILURE, "1 messages are set aside or hidden",
           "restante held list alice", "--force")
    with server:
        if before[1] in uidls(server, alice):
            raise Failure("it is back")
    expect(server.command("forget", "--force", "alice"), 0, "alice: forgotten (")
    with server:
        if len(uidls(server, alice)) != 4:
            raise Failure("it is not back")


def wrong_arguments(server):
    user(server, "alice", 1)
    server.prepare()
    for arguments in ((), ("list",), ("show", "alice"), ("list", "alice", "u"), ("list", "alice", "--all"),
                      ("restore", "alice"), ("purge", "alice"), ("purge", "alice", "u", "--all"), ("purge", "--all"),
                      ("purge", "alice", ""), ("purge", "alice", "u" * 71), ("purge", "alice", "--force")):
        expect(server.command("held", *arguments), EXIT_USAGE, "usage: restante held")
    expect(server.command("held", "list", "bob"), EXIT_FAILURE, "there is no user bob")
    expect(server.command("held", "purge", "alice", *(f"{number:070}" for number in range(1000))), EXIT_USAGE,
           "too many unique-ids at once")


TESTS = (set_aside_by_a_policy, listed_with_since_until_and_rule, restored_under_the_same_name_and_place, purged_now_and_journaled,
         exact_names_are_needed, in_use_is_skipped, nothing_is_held, a_maildrop_with_messages_set_aside_is_not_forgotten,
         wrong_arguments)
