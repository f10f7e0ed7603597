"""restante journal: what was done to messages, as a table and as JSON lines, of one user and of all."""
import json
import os
import subprocess
import time

from commands.administrator import EXIT_USAGE, expect
from harness.results import Failure
from harness.wire import Wire

EXIT_FAILURE = 1
DAY_S = 86400


def stamp(when_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when_s))


def shown(when_s):
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(when_s))


def entry(when_s, act="removed", **more):
    given = {"time": stamp(when_s), "act": act, "user": "alice", "peer": "192.0.2.7", "session": "s-1", "uidl": "u1",
             "octets": 100, "message_id": "<1@example.org>", "policy": "retention", "rule": "open, line 12",
             "reason": "older than 30 days"} | more
    return {key: value for key, value in given.items() if value != ""}


def opened(server, *names):
    """These users have state directories."""
    accounts = [server.user(name) for name in names]
    with server:
        for account in accounts:
            Wire(server, "plain").login(account)
    return accounts if len(accounts) > 1 else accounts[0]


def write(server, account, *entries, number=1):
    path = server.state_of(account) / f"removals-{number:06}-{int(time.time())}.jsonl"
    path.write_text("".join(one if isinstance(one, str) else json.dumps(one, separators=(",", ":")) + "\n"
                            for one in entries))
    path.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid)


def lines(server, *arguments, status=0):
    done = server.command("journal", *arguments)
    expect(done, status)
    return done.stdout.splitlines()


def expect_lines(found, *wanted):
    if [" ".join(line.split()) for line in found] != list(wanted):
        raise Failure("found\n" + "\n".join(found) + "\nwanted\n" + "\n".join(wanted))


TITLE = "TIME USER WHAT PEER UIDL OCTETS MESSAGE-ID WHY"


def table_of_one_user(server):
    alice = opened(server, "alice")
    now = int(time.time())
    write(server, alice, entry(now - 60), entry(now - 30, "set aside", until=stamp(now + DAY_S), peer="2001:db8::1"),
          entry(now, peer="192.0.2.9", policy="", rule="", reason="", message_id="", uidl="u3", octets=7))
    expect_lines(
        lines(server, "alice"), TITLE,
        f"{shown(now - 60)} alice removed 192.0.2.7 u1 100 <1@example.org> retention, open, line 12: older than 30 days",
        f"{shown(now - 30)} alice set aside until {shown(now + DAY_S)} 2001:db8::1 u1 100 <1@example.org> retention, "
        "open, line 12: older than 30 days",
        f"{shown(now)} alice removed 192.0.2.9 u3 7 - -")


def columns_are_aligned(server):
    alice = opened(server, "alice")
    write(server, alice, entry(1700000000, octets=1), entry(1700000000, octets=1234567, uidl="a" * 70))
    found = lines(server, "alice")
    ends = {line.index("<1@") if "<1@" in line else line.index("MESSAGE-ID") for line in found}
    if len(ends) != 1:
        raise Failure("\n".join(found))


def nothing_was_done(server):
    """Neither where nobody has logged in yet, nor afterwards; and it leaves no trace."""
    alice = server.user("alice")
    server.prepare()
    expect_lines(lines(server, "alice"))
    if server.state_of(alice):
        raise Failure("a state directory was made")
    with server:
        Wire(server, "plain").login(alice)
    expect_lines(lines(server, "alice"))


def since_a_date_and_a_duration(server):
    alice = opened(server, "alice")
    now = int(time.time())
    write(server, alice, *(entry(now - age * DAY_S, uidl=f"u{age}") for age in (40, 20, 2)))
    for since, wanted in (("30d", ["u20", "u2"]), (shown(now - 3 * DAY_S)[:10], ["u2"]),
                          (shown(now - 41 * DAY_S), ["u40", "u20", "u2"]), ("1d", [])):
        found = [line.split()[5] for line in lines(server, "alice", "--since", since)[1:]]
        if found != wanted:
            raise Failure(f"--since {since}: {found}")


def bad_dates(server):
    server.user("alice")
    server.prepare()
    for bad in ("yesterday", "30", "2026-02-30", "2026-1-1", "30d 3h", "", "2026-01-01T00:00", "-7d"):
        expect(server.command("journal", "--since", bad), EXIT_USAGE, "is no time: write YYYY-MM-DD")
    done = subprocess.run([server.installation.command, "journal", "--since"], capture_output=True, text=True, check=False)
    expect(done, EXIT_USAGE, "--since needs a value")


def as_json(server):
    alice = opened(server, "alice")
    made = [entry(1700000000), entry(1700000001, "set aside", until=stamp(1800000000)),
            entry(1700000002, message_id="<\x1b[2J\xe9@x>", reason='"quoted" \\ ')]
    write(server, alice, *made)
    found = [json.loads(line) for line in lines(server, "--json")]
    if found != made:
        raise Failure(f"{found}")


def by_peer(server):
    """Which device empties my mailbox? What was not removed after all is not counted."""
    alice, bob = opened(server, "alice", "bob")
    write(server, alice, entry(1700000000, peer="192.0.2.1"), *[entry(1700000060, peer="192.0.2.2", octets=5)] * 3,
          entry(1700000120, "not removed", peer="192.0.2.2", octets=5), entry(1700000180, "set aside", peer="192.0.2.1"),
          entry(1700000240, "hidden", peer="192.0.2.3"))
    write(server, bob, entry(1700000000, user="bob", peer="expire"))
    title = "USER PEER REMOVED OCTETS SET ASIDE HIDDEN FIRST LAST"
    rows = [f"alice 192.0.2.2 2 10 0 0 {shown(1700000060)} {shown(1700000120)}",
            f"alice 192.0.2.1 1 100 1 0 {shown(1700000000)} {shown(1700000180)}",
            f"alice 192.0.2.3 0 0 0 1 {shown(1700000240)} {shown(1700000240)}"]
    expect_lines(lines(server, "alice", "--by-peer"), title, *rows)
    expect_lines(lines(server, "--by-peer"), title, *rows,
                 f"bob expire 1 100 0 0 {shown(1700000000)} {shown(1700000000)}")
    found = json.loads(lines(server, "--by-peer", "--json", "bob")[0])
    if found != {"removed": 1, "octets": 100, "set_aside": 0, "hidden": 0, "restored": 0, "first": 1700000000,
                 "last": 1700000000, "user": "bob", "peer": "expire"}:
        raise Failure(f"{found}")


def large_journals_of_all_users(server):
    """More than a frame holds, of several users: whole, one user after the other, in the order of time."""
    names = [f"user{number}" for number in range(5)]
    accounts = opened(server, *names)
    count = 3000
    for account in accounts:
        write(server, account, *(entry(1700000000 + at, user=account.name, uidl=f"u{at}") for at in range(count)))
    found = [tuple(line.split()[2:7:3]) for line in lines(server)[1:]]
    if found != [(name, f"u{at}") for name in names for at in range(count)]:
        raise Failure(f"{len(found)} lines, the first of them {found[:3]}")


def beside_a_session(server):
    """Nobody waits for whoever has the maildrop open."""
    alice = server.user("alice")
    with server:
        wire = Wire(server, "plain")
        wire.login(alice)
        write(server, alice, entry(1700000000))
        if len(lines(server, "alice")) != 2:
            raise Failure("the entry is not shown")
        wire.ok("QUIT")


def broken_lines_are_counted(server):
    alice = opened(server, "alice")
    write(server, alice, "no entry\n", entry(1700000000), '{"time":"now"}\n', '{"time":"2026')
    done = server.command("journal", "alice")
    expect(done, 0, "alice: 2 lines of the journal cannot be read")
    if len(done.stdout.splitlines()) != 2:
        raise Failure(done.stdout)


def a_terminal_obeys_nothing(server):
    """Message-IDs are a stranger's."""
    alice = opened(server, "alice")
    write(server, alice, entry(1700000000, message_id="<\x1b]0;x\x07@x>"))
    if "<\\x1b]0;x\\x07@x>" not in lines(server, "alice")[1]:
        raise Failure("not as it should be")


def a_user_who_does_not_exist(server):
    server.user("alice")
    server.prepare()
    expect(server.command("journal", "bob"), EXIT_FAILURE, "there is no user bob")
    expect(server.command("journal", "alice", "bob"), EXIT_USAGE, "usage: restante journal")
    expect(server.command("journal", "--force"), EXIT_USAGE, "journal has no option --force")


TESTS = (table_of_one_user, columns_are_aligned, nothing_was_done, since_a_date_and_a_duration, bad_dates, as_json,
         by_peer, large_journals_of_all_users, beside_a_session, broken_lines_are_counted, a_terminal_obeys_nothing,
         a_user_who_does_not_exist)
