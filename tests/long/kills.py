"""Workers killed at random moments of UPDATE: what was not marked is whole, what was marked is whole or gone, a +OK to
QUIT was true, and the next session finds exactly what is there."""
import os
import random
import signal
import time

from harness.results import Failure
from harness.server import Server
from harness.wire import Wire
from rooms.processes import pids

KILLS, MESSAGES = 60, 250


def base_name(name):
    return name.split("/")[1].split(":")[0]


class Box:
    """The account's mail as it has to be."""

    def __init__(self, account):
        self.account = account
        self.next = 1000000000
        self.content = {}  # base name -> octets

    def fill_up(self):
        while len(self.content) < MESSAGES:
            name = f"{self.next}.k"
            self.content[name] = b"Subject: %d\n\n%s\n" % (self.next, b"x" * (self.next % 997))
            self.account.maildrop.store(f"new/{name}", self.content[name])
            self.next += 1

    def check(self, marked, was_ok):
        found = {base_name(name): name for name in self.account.maildrop.files()}
        for name, octets in list(self.content.items()):
            if name in found:
                if name in marked and was_ok:
                    raise Failure(f"{name} is there although QUIT was answered with +OK")
                if self.account.maildrop.read(found[name]) != octets:
                    raise Failure(f"{name} is not whole")
            elif name in marked:
                del self.content[name]
            else:
                raise Failure(f"{name} is gone and was not marked")
        if len(found) != len(self.content):
            raise Failure(f"{len(found)} files, but {len(self.content)} messages")


def uidls(wire):
    wire.ok("UIDL")
    return [line.split()[1].decode() for line in wire.multiline()]


def mark(wire, names, chance):
    """Some are retrieved, some deleted; the names of those."""
    deleted = chance.sample(range(len(names)), chance.randrange(len(names)))
    for number in chance.sample(range(len(names)), 5):
        wire.ok(f"RETR {number + 1}")
        wire.multiline()
    wire.send("".join(f"DELE {number + 1}\r\n" for number in deleted).encode())
    for _ in deleted:
        wire.expect_ok()
    return {names[number] for number in deleted}


def longest_wait_s(server, box, mode):
    """The kills come within half as long again as a removal of so many takes here."""
    box.fill_up()
    wire = login(server, box.account, mode)
    marked = mark(wire, uidls(wire), random.Random(1))
    start = time.monotonic()
    wire.ok("QUIT")
    took_s = time.monotonic() - start
    wire.close()
    box.check(marked, True)
    return 1.5 * took_s


def quit_and_kill(server, wire, wait_s):
    """True when the client got its +OK."""
    workers = pids(server, "worker")
    wire.send(b"QUIT\r\n")
    time.sleep(wait_s)
    for pid in workers:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    try:
        return wire.line().startswith(b"+OK")
    except (EOFError, OSError):
        return False


def login(server, account, mode):
    wire = Wire(server, mode)
    wire.login(account)
    return wire


def kills_lose_nothing(installation, identity, mode):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    server = Server(installation, installation.base / f"kills-{identity.name}-{mode}", identity,
                    ["workers = { spare = 0, per_uid = 1 }"])
    box, neighbour = Box(server.account("alice")), Box(server.account("bob"))
    neighbour.fill_up()
    answered = 0
    with server:
        wait_s = longest_wait_s(server, box, mode)
        for number in range(KILLS):
            try:
                box.fill_up()
                other = login(server, neighbour.account, mode)
                other.ok("DELE 1")
                wire = login(server, box.account, mode)
                names = uidls(wire)
                if sorted(names) != sorted(box.content):
                    raise Failure("the session has other messages than there are")
                marked = mark(wire, names, chance)
                was_ok = quit_and_kill(server, wire, chance.random() * wait_s)
                answered += was_ok
                wire.close()
                other.close()
                box.check(marked, was_ok)
                neighbour.check(set(), False)
            except (Failure, EOFError) as fault:
                raise Failure(f"seed {seed}, kill {number}: {fault}") from None
        if answered in (0, KILLS):
            raise Failure(f"{answered} of {KILLS} were answered: the kills came at no interesting time")
