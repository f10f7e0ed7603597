"""restante forget: what is known of a maildrop, and nothing else, is gone."""
import os

from commands.administrator import EXIT_USAGE, expect
from harness.results import Failure
from harness.wire import Wire
from maintain.boxes import snapshot

EXIT_FAILURE, EXIT_IN_USE = 1, 75
MESSAGE = b"Subject: one\n\ntext\n"


def mail_of(server):
    """The mail itself; what is beside it is the driver's or the test's."""
    return {path: facts[3] for path, facts in snapshot(server.base / "mail").items()}


def collect(server, account):
    wire = Wire(server, "plain")
    wire.login(account)
    wire.send(b"RETR 1\r\n")
    wire.expect_ok()
    wire.multiline()
    wire.ok("QUIT")


def state_is_forgotten(server):
    """With the server stopped: the ledger is gone, the mail is as it was, and the next login begins anew."""
    alice = server.user("alice")
    alice.maildrop.store("new/1.1.host" if server.driver == "maildir" else "one", MESSAGE)
    with server:
        collect(server, alice)
    state = server.state_of(alice)
    if not (state / "ledger").exists():
        raise Failure("a download leaves no ledger: this test shows nothing")
    before = mail_of(server)
    expect(server.command("forget", "alice"), 0, "alice: forgotten (")
    if sorted(path.name for path in state.iterdir()) != ["lock"]:
        raise Failure(f"left: {sorted(state.iterdir())}")
    if mail_of(server) != before:
        raise Failure("the mail is not as it was")
    with server:
        collect(server, alice)


def nothing_is_made_where_nothing_is_known(server):
    alice = server.user("alice")
    server.prepare()
    before = snapshot(server.base)
    expect(server.command("forget", "alice"), 0, "alice: nothing was known")
    if snapshot(server.base) != before:
        raise Failure("something was made or changed")
    if server.state_of(alice):
        raise Failure("there is a state directory")


def in_use_is_skipped(server):
    """Beside a running server, a maildrop with a session is left alone; without one it is forgotten."""
    alice = server.user("alice")
    with server:
        wire = Wire(server, "plain")
        wire.login(alice)
        before = snapshot(server.state_of(alice))
        expect(server.command("forget", "alice"), EXIT_IN_USE, "alice: skipped: the maildrop is in use")
        if snapshot(server.state_of(alice)) != before:
            raise Failure("its state was changed")
        wire.ok("QUIT")
        expect(server.command("forget", "alice"), 0, "alice: forgotten (")


def a_user_who_does_not_exist(server):
    server.user("alice")
    server.prepare()
    expect(server.command("forget", "bob"), EXIT_FAILURE, "there is no user bob")
    expect(server.command("forget", "x" * 256), EXIT_USAGE, "name of one user")
    expect(server.command("forget", "a/b"), EXIT_FAILURE, "there is no user a/b")


def names_are_those_of_a_login(server):
    """The username settings apply."""
    server.user("alice@example.org")
    server.conf_lines.append('username = { default_domain = "example.org" }')
    server.prepare()
    expect(server.command("forget", "Alice"), 0, "alice@example.org: nothing was known")


def wrong_arguments(server):
    server.prepare()
    for arguments in ((), ("alice", "bob"), ("--all",), ("alice", "--dry-run"), ("alice", "-x"), ("",)):
        expect(server.command("forget", *arguments), EXIT_USAGE, "usage: restante forget")
    server.conf_lines.append("frontends = -1")
    server.prepare()
    expect(server.command("forget", "alice"), 78, "frontends")


def mail_that_cannot_be_opened(server):
    """It is not forgotten without --force, and with it only where no interrupted removal waits."""
    alice = server.user("alice")
    with server:
        Wire(server, "plain").login(alice)
    state = server.state_of(alice)
    os.rename(alice.home, f"{alice.home}.away")
    before = snapshot(state)
    expect(server.command("forget", "alice"), EXIT_FAILURE, "alice: ")
    if snapshot(state) != before:
        raise Failure("it was forgotten all the same")
    journal = state / "journal"
    journal.write_bytes(b"the rest of a mailbox")
    os.chown(journal, alice.uid, alice.gid)
    journal.chmod(0o600)
    expect(server.command("forget", "--force", "alice"), EXIT_FAILURE, "alice: ")
    if journal.read_bytes() != b"the rest of a mailbox":
        raise Failure("an interrupted removal was forgotten")
    journal.unlink()
    expect(server.command("forget", "--force", "alice"), 0, "alice: forgotten (")
    if sorted(path.name for path in state.iterdir()) != ["lock"]:
        raise Failure(f"left: {sorted(state.iterdir())}")


def what_was_put_aside_stays(server):
    """An interrupted removal that could not be followed may be all that there is of some mail."""
    alice = server.user("alice")
    with server:
        Wire(server, "plain").login(alice)
    aside = server.state_of(alice) / "journal.aside-1"
    aside.write_bytes(b"mail")
    os.chown(aside, alice.uid, alice.gid)
    expect(server.command("forget", "alice"), 0, "alice: forgotten (", "look at them first")
    if aside.read_bytes() != b"mail":
        raise Failure("it is gone")


TESTS = (state_is_forgotten, nothing_is_made_where_nothing_is_known, in_use_is_skipped, a_user_who_does_not_exist,
         names_are_those_of_a_login, wrong_arguments, mail_that_cannot_be_opened, what_was_put_aside_stays)
