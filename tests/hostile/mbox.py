"""Mailbox files that others change while a session reads them, and files that are not the user's."""
import os

from harness.results import Failure
from harness.server import Server
from harness.wire import Wire
from hostile import retr

CONF = ['storage = { driver = "mbox", path = "~/mbox" }']
NAME = "big"


def expect_no_end(server, account, mode, change):
    wire = retr.begin(server, account, NAME, mode)
    change(account.maildrop.path)
    size = account.maildrop.path.stat().st_size
    retr.expect_no_end(wire)
    if account.maildrop.path.stat().st_size != size:
        raise Failure("the file was changed")


def shrinking_during_retr_ends_the_connection(server, accounts, mode):
    expect_no_end(server, accounts[0], mode, lambda path: os.truncate(path, retr.OCTETS // 2))


def emptied_during_retr_ends_the_connection(server, accounts, mode):
    expect_no_end(server, accounts[0], mode, lambda path: os.truncate(path, 0))


def changing_during_retr_ends_the_connection(server, accounts, mode):
    """In its last octets, which have not been sent: the size stays."""
    def change(path):
        with path.open("r+b") as file:
            file.seek(-100, os.SEEK_END)
            file.write(b"another text")
    expect_no_end(server, accounts[0], mode, change)


def mail_delivered_during_retr_is_no_harm(server, accounts, mode):
    wire = retr.begin(server, accounts[0], NAME, mode)
    accounts[0].maildrop.append(b"\n\n")
    accounts[0].maildrop.store("new", b"Subject: new\n\n")
    retr.expect_whole(wire)
    wire.ok("DELE 1")
    wire.ok("QUIT")
    wire.expect_close()
    if accounts[0].maildrop.files() != ["new"]:
        raise Failure(f"left are {accounts[0].maildrop.files()}")


def vanishing_during_retr_is_read_to_its_end(server, accounts, mode):
    wire = retr.begin(server, accounts[0], NAME, mode)
    accounts[0].maildrop.path.unlink()
    retr.expect_whole(wire)
    wire.ok("DELE 1")
    if not wire.command("QUIT").startswith(b"-ERR [SYS/TEMP]"):
        raise Failure("what is not there any more was removed")
    if accounts[0].maildrop.path.exists():
        raise Failure("the file was made anew")


def swapped_folder_is_not_followed(server, accounts, mode):
    mine, other = accounts
    mine.maildrop.store("a", b"mine\n")
    other.maildrop.store("b", b"not mine\n")
    before = other.maildrop.path.read_bytes()
    wire = Wire(server, mode)
    wire.login(mine)
    away = mine.home.with_name(mine.home.name + "-away")
    mine.home.rename(away)
    mine.home.symlink_to(other.home)
    wire.ok("RETR 1")
    if wire.multiline() != [b"mine"]:
        raise Failure("another mailbox's message was given")
    wire.ok("DELE 1")
    wire.ok("QUIT")
    wire.expect_close()
    if (away / "mbox").read_bytes() or other.maildrop.path.read_bytes() != before:
        raise Failure("the wrong message was removed")


def expect_refused(server, account, mode, text):
    wire = Wire(server, mode)
    wire.ok(f"USER {account.name}")
    line = wire.command(f"PASS {account.secret}")
    if not line.startswith(b"-ERR [SYS/"):
        raise Failure(f"got {line!r}")
    server.wait_for_log(text)


def links_and_fifos_are_refused(server, accounts, mode):
    mine, other = accounts
    other.maildrop.store("b", b"not mine\n")
    path = mine.maildrop.path
    for make in (lambda: path.symlink_to(other.maildrop.path), lambda: os.mkfifo(path), path.mkdir):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
        make()
        mine.maildrop.give(path)
        expect_refused(server, mine, mode, f"{path} of user {mine.name}: it is no regular file")
    path.rmdir()
    os.link(other.maildrop.path, path)
    expect_refused(server, mine, mode, f"{path} of user {mine.name}")
    if other.maildrop.files() != ["b"]:
        raise Failure("another user's mail was touched")


def others_mail_is_refused(server, accounts, mode):
    mine, other = accounts
    mine.maildrop.store("a", b"not mine\n")
    os.chown(mine.maildrop.path, other.uid, other.gid)
    mine.maildrop.path.chmod(0o666)
    expect_refused(server, mine, mode, f"{mine.maildrop.path} of user {mine.name} belongs to uid {other.uid}")


TESTS = (shrinking_during_retr_ends_the_connection, emptied_during_retr_ends_the_connection,
         changing_during_retr_ends_the_connection, mail_delivered_during_retr_is_no_harm,
         vanishing_during_retr_is_read_to_its_end, swapped_folder_is_not_followed, links_and_fifos_are_refused)
ROOT_TESTS = (others_mail_is_refused,)
MODES = ("plain", "tls")


def run(installation, identities, results, only=None):
    for identity in identities:
        tests = [test for test in TESTS + (ROOT_TESTS if identity.is_root else ())
                 if not only or only in f"mbox_{test.__name__}"]
        if not tests:
            continue
        server = Server(installation, installation.base / f"hostile-mbox-{identity.name}", identity, CONF)
        jobs = [(test, mode, [server.mbox_account(f"{test.__name__.split('_')[0]}-{mode}-{number}")
                              for number in (1, 2)]) for test in tests for mode in MODES]
        try:
            with server:
                for test, mode, accounts in jobs:
                    results.run(f"hostile/mbox_{test.__name__} ({mode}, {identity.name})", test, server, accounts, mode)
        except Failure as fault:
            results.add(f"hostile/mbox server ({identity.name})", fault)
