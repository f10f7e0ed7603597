"""A message of more than 4 GiB: sizes are right, every octet arrives, and the worker does not grow with it."""
from harness.results import Failure
from harness.server import Server
from harness.wire import Wire
from rooms.processes import pids, Process

HEAD = b"From: a@example.org\nSubject: large\n\n"
STORED = (1 << 32) + (1 << 20)
MAX_GROWTH_KB = 16 * 1024
PATIENCE_S = 300  # gigabytes are read before the answer


def resident_kb(server):
    """Of the largest worker: others may stand ready."""
    return max(int(Process(pid).status["VmHWM"].split()[0]) for pid in pids(server, "worker"))


def receive_message(wire, octets):
    """Count up to the final dot; the tail is all that is kept."""
    left = octets + len(b".\r\n") - len(wire.unread)
    tail = wire.unread[-8:]
    while left > 0:
        more = wire.receive()
        if not more:
            raise Failure(f"the connection ended {left} octets early")
        left -= len(more)
        tail = (tail + more)[-8:]
    wire.unread = b""
    if left or not tail.endswith(b"\0\r\n.\r\n"):
        raise Failure(f"{-left} octets too many, or the end is wrong: {tail!r}")


def message_above_4_gib(installation, identity, mode):
    server = Server(installation, installation.base / f"long-{identity.name}-{mode}", identity,
                    ["workers = { spare = 0 }"])
    account = server.account("alice")
    account.maildrop.store_sparse("new/1000000001.a", HEAD, STORED)
    octets = STORED + HEAD.count(b"\n") + 2  # CRLF for LF, and the line end it lacks
    with server:
        wire = Wire(server, mode)
        wire.socket.settimeout(PATIENCE_S)
        wire.login(account)
        for command, wanted in (("STAT", f"+OK 1 {octets}"), ("LIST 1", f"+OK 1 {octets}")):
            found = wire.ok(command).decode()
            if found != wanted:
                raise Failure(f"{command}: {found}, expected {wanted}")
        before_kb = resident_kb(server)
        wire.ok("RETR 1")
        receive_message(wire, octets)
        grown_kb = resident_kb(server) - before_kb
        if grown_kb > MAX_GROWTH_KB:
            raise Failure(f"the worker grew by {grown_kb} kB")
        wire.ok("DELE 1")
        wire.ok("QUIT")
    if account.maildrop.files():
        raise Failure("it was not removed")
