"""Maildirs that others change while a session reads them, and mail that is not the user's. What is sent is whole or has
no end; what is not ours is neither shown nor removed."""
import os

from harness.results import Failure
from harness.server import Server
from harness.wire import Wire
from hostile import mbox, retr

NAME = "new/1000000001.big"


def expect_no_end(server, account, mode, change):
    wire = retr.begin(server, account, NAME, mode)
    change(account.maildrop.path / NAME)
    retr.expect_no_end(wire)
    if account.maildrop.files() != [NAME]:
        raise Failure(f"the Maildir now holds {account.maildrop.files()}")
    server.wait_for_log(f"user {account.name}, became ")


def shrinking_during_retr_ends_the_connection(server, accounts, mode):
    expect_no_end(server, accounts[0], mode, lambda path: os.truncate(path, retr.OCTETS // 2))


def growing_during_retr_ends_the_connection(server, accounts, mode):
    def grow(path):
        with path.open("ab") as file:
            file.write(b"more\n")
    expect_no_end(server, accounts[0], mode, grow)


def vanishing_during_retr_is_read_to_its_end(server, accounts, mode):
    wire = retr.begin(server, accounts[0], NAME, mode)
    (accounts[0].maildrop.path / NAME).unlink()
    retr.expect_whole(wire)
    if not wire.command("RETR 1").startswith(b"-ERR"):
        raise Failure("a message that is gone was given")
    wire.ok("QUIT")


def swapped_maildir_is_not_followed(server, accounts, mode):
    """The folder that was opened is served and changed, not what stands under its name later."""
    mine, other = accounts[0].maildrop, accounts[1].maildrop
    mine.store("new/1000000001.a", b"mine\n")
    other.store("new/1000000001.a", b"not mine\n")
    wire = Wire(server, mode)
    wire.login(accounts[0])
    mine.path.rename(mine.path.with_name("away"))
    mine.path.symlink_to(other.path)
    wire.ok("RETR 1")
    if wire.multiline() != [b"mine"]:
        raise Failure("another Maildir's message was given")
    wire.ok("DELE 1")
    wire.ok("QUIT")
    wire.expect_close()
    if (mine.path.with_name("away") / "new/1000000001.a").exists() or other.files() != ["new/1000000001.a"]:
        raise Failure("the wrong message was removed")


def mail_of_others_is_left_alone(server, accounts, mode):
    """A file of root and a hard link to another user's mail, as long as the user may not read them."""
    mine, other = accounts[0].maildrop, accounts[1].maildrop
    mine.store("new/1000000002.a", b"mine\n")
    other.store("new/1000000001.b", b"not mine\n")
    (other.path / "new/1000000001.b").chmod(0o600)
    os.link(other.path / "new/1000000001.b", mine.path / "new/1000000001.b")
    roots = mine.path / "new/1000000003.c"
    roots.write_bytes(b"root's\n")
    roots.chmod(0o600)
    wire = Wire(server, mode)
    wire.login(accounts[0])
    if not wire.ok("STAT").startswith(b"+OK 1 6"):
        raise Failure(f"STAT says {wire.ok('STAT')!r}")
    wire.ok("DELE 1")
    wire.ok("QUIT")
    wire.expect_close()
    if mine.files() != ["new/1000000001.b", "new/1000000003.c"] or other.read("new/1000000001.b") != b"not mine\n":
        raise Failure(f"left are {mine.files()}")


TESTS = (shrinking_during_retr_ends_the_connection, growing_during_retr_ends_the_connection,
         vanishing_during_retr_is_read_to_its_end, swapped_maildir_is_not_followed)
ROOT_TESTS = (mail_of_others_is_left_alone,)
MODES = ("plain", "tls")


def run(installation, identities, results, only=None):
    for identity in identities:
        tests = [test for test in TESTS + (ROOT_TESTS if identity.is_root else ())
                 if not only or only in test.__name__]
        if not tests:
            continue
        server = Server(installation, installation.base / f"hostile-{identity.name}", identity)
        jobs = [(test, mode, [server.account(f"{test.__name__.split('_')[0]}-{mode}-{number}") for number in (1, 2)])
                for test in tests for mode in MODES]
        try:
            with server:
                for test, mode, accounts in jobs:
                    results.run(f"hostile/{test.__name__} ({mode}, {identity.name})", test, server, accounts, mode)
        except Failure as fault:
            results.add(f"hostile/server ({identity.name})", fault)
    mbox.run(installation, identities, results, only)
