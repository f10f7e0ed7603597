"""The shipped policy `retention` by `restante expire` and over sessions, on both storage drivers: the times of days to
come, users with rules of their own, a configuration that contradicts itself."""
import os
import time

from commands.administrator import EXIT_CONFIG, expect
from harness.results import Failure
from harness.wire import Wire
from maintain.expire import expect_left, store

DAY_S = 86400


def configure(server, *settings):
    """`{base}` in it is the server's folder."""
    server.conf_lines += ["policy = { {", '  script = "retention",', *settings, "} }"]


def user(server, name, messages):
    account = server.user(name)
    for number in range(messages):
        store(server, account, number)
    return account


def would_go(server, name, at, count, total):
    expect(server.command("expire", "--user", name, "--dry-run", "--at", at), 0,
           f"{name}: {count} of {total} messages would be removed (")


def times_are_days(server):
    """Neither sooner nor later, whatever the driver takes for the time of delivery."""
    configure(server, '  keep = "30d",')
    alice = user(server, "alice", 3)
    server.prepare()
    expect(server.command("expire", "--all"), 0, "alice: 0 of 3 messages removed")  # an mbox is seen first
    would_go(server, "alice", "29d", 0, 3)
    would_go(server, "alice", "31d", 3, 3)
    expect_left(alice, 3)


def users_have_rules_of_their_own(server):
    configure(server, '  keep = "30d", max_messages = 4,', "  overrides = {",
              '    { users = { "b?b" }, keep = "never", max_messages = 2 },',
              '    { list = "{base}/interns", keep = "5d", max_messages = "unlimited" },', "  },")
    (server.base / "interns").write_text("# names\ncarol\n")
    os.chmod(server.base / "interns", 0o644)
    alice, bob, carol = (user(server, name, 5) for name in ("alice", "bob", "carol"))
    server.prepare()
    expect(server.command("expire", "--all"), 0, "alice: 1 of 5 messages removed", "bob: 3 of 5 messages removed",
           "carol: 0 of 5 messages removed", "3 maildrops: 4 of 15 messages removed")
    for account, count in ((alice, 4), (bob, 2), (carol, 5)):
        expect_left(account, count)
    for name, at, count, total in (("alice", "29d", 0, 4), ("alice", "31d", 4, 4), ("bob", "1000d", 0, 2),
                                   ("carol", "4d", 0, 5), ("carol", "6d", 5, 5)):
        would_go(server, name, at, count, total)


def the_oldest_go_first(server):
    """And what stays is the newest, in its order."""
    configure(server, "  max_messages = 2,")
    alice = server.user("alice")
    names = [store(server, alice, number) for number in range(4)]
    if server.driver == "maildir":  # the driver's order is by name; the time says otherwise for the last one
        for number, name in enumerate(names):
            alice.maildrop.age(f"new/{name}", (4 - number) * DAY_S if number < 3 else 9 * DAY_S)
        kept = [f"new/{name}" for name in names[1:3]]
    else:
        kept = names[2:]
    server.prepare()
    expect(server.command("expire", "--all"), 0, "alice: 2 of 4 messages removed")
    if alice.maildrop.files() != sorted(kept):
        raise Failure(f"left: {alice.maildrop.files()}")


def contradictions_refuse_the_start(server):
    """With key and line, before anything is touched."""
    configure(server, '  keep = "30d",', "  overrides = {", '    { users = { "b?b" }, keep = "7d",',
              '      keep_at_least = "8d" },', "  },")
    server.user("alice")
    server.prepare()
    line = server.file.read_text().splitlines().index('    { users = { "b?b" }, keep = "7d",') + 1
    for command in ("check", "serve"):
        expect(server.command(command), EXIT_CONFIG, f":{line}: policy.1.overrides.1.keep: is less than keep_at_least")


def session(server, account, has_quit, *commands):
    wire = Wire(server, "plain")
    wire.login(account)
    for command in commands:
        wire.ok(command)
        if command.startswith("RETR"):
            wire.multiline()
    if has_quit:
        wire.ok("QUIT")
        wire.expect_close()
    wire.close()


def what_a_session_begins(server):
    """The time of a download and of what is set aside, with QUIT and not without; each is over in its own time."""
    configure(server, '  after_download = "7d", undelete_for = "30d",')
    alice = user(server, "alice", 4)
    with server:
        session(server, alice, False, "RETR 1", "DELE 2")
        session(server, alice, True, "RETR 3", "RETR 4", "DELE 4")
    expect_left(alice, 4)
    for at, count in (("6d", 0), ("8d", 1), ("29d", 1), ("31d", 2)):
        would_go(server, "alice", at, count, 4)
    expect(server.command("held", "restore", "alice", "--all"), 0, "alice: 1 messages restored (")
    would_go(server, "alice", "8d", 2, 4)
    expect_left(alice, 4)


def old_mail_is_hidden(server):
    """As the manual says: an mbox is looked at once, then whatever was seen before a time of day is hidden."""
    soon = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() + 120))
    configure(server, f'  show_after = "{soon}",')
    alice = user(server, "alice", 2)
    server.prepare()
    expect(server.command("expire", "--all"), 0, "alice: 0 of 2 messages removed")
    with server:
        wire = Wire(server, "plain")
        wire.login(alice)
        if wire.ok("STAT") != b"+OK 0 0":
            raise Failure("old mail is shown")
        wire.close()
    expect_left(alice, 2)


TESTS = (times_are_days, users_have_rules_of_their_own, the_oldest_go_first, what_a_session_begins, old_mail_is_hidden,
         contradictions_refuse_the_start)
