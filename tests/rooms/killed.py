"""Rooms that are killed while sessions run: what they did not hold goes on, they are replaced, nothing is deleted."""
import os
import signal

from harness.results import Failure
from harness.server import wait_until
from harness.wire import Wire
from rooms.processes import is_alive, pids, rooms


ROOMS = {"frontend": 2, "auth": 1, "auth-worker": 2, "nursery": 1}


def end(pid):
    """It may end by itself meanwhile: auth's workers do with their dispatcher."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def kill(server, kind):
    """All rooms of a kind; returns once each of them was replaced."""
    if kind in ROOMS:  # those that the test before has killed may be about to be replaced
        wait_until(lambda: len(pids(server, kind)) == ROOMS[kind], f"all rooms of kind {kind}")
    before = pids(server, kind)
    if not before:
        raise Failure(f"no {kind} to kill")
    for pid in before:
        end(pid)
    if kind != "worker":
        wait_until(lambda: len(set(pids(server, kind)) - set(before)) >= len(before), f"a new {kind}")


def try_login(server, account, mode):
    try:
        wire = Wire(server, mode)
        wire.login(account)
    except (Failure, EOFError, OSError):
        return None
    return wire


def login_again(server, account, mode="plain"):
    """The service comes back by itself."""
    holder = []

    def works():
        wire = try_login(server, account, mode)
        if wire:
            holder.append(wire)
        return bool(wire)
    wait_until(works, "a login after the room was replaced")
    return holder[0]


def quits(wire):
    wire.ok("QUIT")
    wire.close()


def session(server, account, mode):
    """One message marked for deletion."""
    wire = Wire(server, mode)
    wire.login(account)
    wire.ok("DELE 1")
    return wire


def expect_kept(account):
    if account.maildrop.files() != ["new/1000000001.a", "new/1000000002.b"]:
        raise Failure(f"mail was touched: {account.maildrop.files()}")


def expect_first_removed(account):
    if account.maildrop.files() != ["new/1000000002.b"]:
        raise Failure(f"the removal did not work: {account.maildrop.files()}")


def expect_end(wire):
    if wire.unread or wire.receive():
        raise Failure("the session goes on")
    wire.close()


def goes_on(wire, account):
    wire.ok("NOOP")
    quits(wire)
    expect_first_removed(account)


def frontend(server, accounts):
    """A plaintext session was handed over and goes on; TLS ends with its frontend, and deletes nothing."""
    plain, tls = session(server, accounts[0], "plain"), session(server, accounts[1], "tls")
    kill(server, "frontend")
    goes_on(plain, accounts[0])
    expect_end(tls)
    quits(login_again(server, accounts[1], "tls"))
    expect_kept(accounts[1])


def auth(server, accounts):
    plain, tls = session(server, accounts[0], "plain"), session(server, accounts[1], "tls")
    kill(server, "auth")
    goes_on(plain, accounts[0])
    goes_on(tls, accounts[1])
    quits(login_again(server, accounts[0]))


def auth_worker(server, accounts):
    plain, tls = session(server, accounts[0], "plain"), session(server, accounts[1], "tls")
    kill(server, "auth-worker")
    goes_on(plain, accounts[0])
    goes_on(tls, accounts[1])
    quits(login_again(server, accounts[0]))


def nursery(server, accounts):
    """Workers end with their nursery: nothing is deleted, the maildrops are free again."""
    plain, tls = session(server, accounts[0], "plain"), session(server, accounts[1], "tls")
    workers = pids(server, "worker")
    kill(server, "nursery")
    expect_end(plain)
    expect_end(tls)
    wait_until(lambda: not any(is_alive(pid) for pid in workers), "the end of the workers")
    for account in accounts:
        quits(login_again(server, account))
        expect_kept(account)


def worker(server, accounts):
    """One session ends with its worker, the other never notices."""
    one = session(server, accounts[0], "plain")
    theirs = set(pids(server, "worker"))
    other = session(server, accounts[1], "tls")
    for pid in theirs:
        end(pid)
    expect_end(one)
    goes_on(other, accounts[1])
    quits(login_again(server, accounts[0]))
    expect_kept(accounts[0])


def worker_at_tls(server, accounts):
    """The relay of a TLS session ends with the worker."""
    wire = session(server, accounts[0], "tls")
    kill(server, "worker")
    expect_end(wire)
    expect_kept(accounts[0])


def authorization_survives_auth(server, accounts):
    """A connection that had not logged in yet either logs in through the new room, or is told to try again."""
    wire = Wire(server, "plain")
    wire.ok(f"USER {accounts[0].name}")
    kill(server, "auth")
    line = wire.command(f"PASS {accounts[0].secret}")
    if not line.startswith((b"+OK", b"-ERR [SYS/TEMP]")):
        raise Failure(f"got {line!r}")
    wire.close()


def counts_are_whole(server, _accounts):
    def counts():
        return {kind: len(processes) for kind, processes in rooms(server).items() if kind in ROOMS}

    wait_until(lambda: counts() == ROOMS, "as many rooms as there were")


TESTS = (frontend, auth, auth_worker, nursery, worker, worker_at_tls, authorization_survives_auth, counts_are_whole)
