"""Isolation "uid": processes that serve many sessions of one owner. What dies with one of them, how they are replaced,
and how they end."""
import os
import signal

from harness.identity import OneOwner
from harness.results import Failure
from harness.server import Server, wait_until
from harness.wire import Wire
from rooms import killed
from rooms.processes import is_alive, pids

SESSIONS = 12
KILLED_TESTS = (killed.frontend, killed.auth, killed.nursery, killed.worker_at_tls, killed.authorization_survives_auth)


def make_server(installation, identity, name, workers, conf=()):
    one_owner = OneOwner(identity)
    server = Server(installation, installation.base / f"pooled-{identity.name}-{name}", one_owner,
                    [f"workers = {{ {workers} }}", *conf])
    accounts = [server.account(f"u{number}") for number in range(SESSIONS)]
    for account in accounts:
        account.maildrop.store("new/1000000001.a", b"one\n")
        account.maildrop.store("new/1000000002.b", b"two\n")
    return server, accounts


def open_sessions(server, accounts):
    """Each with a message marked for deletion; every other one over TLS."""
    return [killed.session(server, account, ("plain", "tls")[number % 2]) for number, account in enumerate(accounts)]


def holders(server, accounts):
    """Which process holds the maildrops' locks: pid -> how many."""
    found = {}
    for pid in pids(server, "worker"):
        links = []
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                links.append(os.readlink(f"/proc/{pid}/fd/{name}"))
            except FileNotFoundError:
                pass
        count = sum(link.endswith("/lock") for link in links)
        if count:
            found[pid] = count
    if sum(found.values()) != len(accounts):
        raise Failure(f"{len(accounts)} sessions, locks held: {found}")
    return found


def crash_with_many_sessions(installation, identity):
    """All sessions of the killed process end, none deletes; those of the other go on; auth counts right afterwards."""
    server, accounts = make_server(installation, identity, "crash", "per_uid = 2, spare = 1",
                                   [f"limits = {{ connections_per_address = {SESSIONS} }}"])
    with server:
        wires = open_sessions(server, accounts)
        held = holders(server, accounts)
        if sorted(held.values()) != [SESSIONS // 2, SESSIONS // 2]:
            raise Failure(f"sessions were spread as {held}")
        os.kill(min(held), signal.SIGKILL)
        server.wait_for_log("event=worker_died session=", SESSIONS // 2)
        ended = 0
        for wire, account in zip(wires, accounts):
            try:
                wire.ok("NOOP")
            except (Failure, EOFError, OSError):
                ended += 1
                killed.expect_kept(account)
                wire.close()
                continue
            killed.quits(wire)
            killed.expect_first_removed(account)
        if ended != SESSIONS // 2:
            raise Failure(f"{ended} sessions ended with the process")
        # Their connections no longer count: as many as are allowed can come again.
        again = [killed.login_again(server, account) for account in accounts]
        for wire in again:
            killed.quits(wire)


def recycling(installation, identity):
    """A process that has served its number gets no more, and ends behind the last of its sessions."""
    server, accounts = make_server(installation, identity, "worn", "per_uid = 1, spare = 0, sessions = 3")
    with server:
        first = open_sessions(server, accounts[:3])
        worn, = holders(server, accounts[:3])
        fourth = killed.session(server, accounts[3], "plain")
        if len(holders(server, accounts[:4])) != 2:
            raise Failure("the fourth session got no process of its own")
        for wire, account in zip(first, accounts):
            if not is_alive(worn):
                raise Failure("it ended before its sessions")
            killed.quits(wire)
            killed.expect_first_removed(account)
        wait_until(lambda: not is_alive(worn), "the end of the worn process")
        killed.quits(fourth)
        if "worker_died" in server.log():
            raise Failure("its end was taken for a crash")


def idle_processes_end(installation, identity):
    server, accounts = make_server(installation, identity, "idle", 'per_uid = 1, spare = 0, idle = "1s"')
    with server:
        killed.quits(killed.session(server, accounts[0], "plain"))
        wait_until(lambda: not pids(server, "worker"), "the end of the idle process")
        killed.quits(killed.session(server, accounts[1], "plain"))
        killed.expect_first_removed(accounts[1])


def a_full_process_gets_no_more(installation, identity):
    server, accounts = make_server(installation, identity, "full", "per_uid = 1, spare = 0, at_once = 5")
    with server:
        wires = open_sessions(server, accounts)
        if sorted(holders(server, accounts).values()) != [2, 5, 5]:
            raise Failure(f"sessions were spread as {holders(server, accounts)}")
        for wire in wires:
            killed.quits(wire)


def term_with_many_sessions(installation, identity):
    """Sessions that do not end in time are ended without deleting; spares and idle processes go at once."""
    server, accounts = make_server(installation, identity, "term", "per_uid = 3, spare = 3")
    with server:
        wires = open_sessions(server, accounts)
        left = pids(server, "worker") + pids(server, "spare")
        killed.quits(wires[0])
        if server.stop() != 0:
            raise Failure("ended with another status than 0")
        if any(is_alive(pid) for pid in left):
            raise Failure("processes were left behind")
        for wire, account in list(zip(wires, accounts))[1:]:
            killed.expect_kept(account)
            wire.close()
        # A TLS session may see the end of its frontend first.
        ends = server.log().count("how=shutdown") + server.log().count("how=disconnect")
        if ends != SESSIONS - 1 or "worker_died" in server.log():
            raise Failure(f"{ends} sessions were ended in order")


def spares_are_replaced(installation, identity):
    """Killed ones come back after a pause; logins do not wait for them."""
    server, accounts = make_server(installation, identity, "spares", "per_uid = 1, spare = 2")
    kind = "spare" if identity.is_root else "worker"
    with server:
        wait_until(lambda: len(pids(server, kind)) == 2, "two spares")
        before = pids(server, kind)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in before), "their end")
        killed.quits(killed.session(server, accounts[0], "plain"))
        wait_until(lambda: len(set(pids(server, "spare") + pids(server, "worker")) - set(before)) >= 3,
                   "two new spares beside the kept process")


TESTS = (crash_with_many_sessions, recycling, idle_processes_end, a_full_process_gets_no_more,
         term_with_many_sessions, spares_are_replaced)
