"""A client that asks the same for hours: its worker does not grow, and nothing is counted against it."""
from harness.results import Failure
from harness.server import Server
from harness.wire import Wire
from long.large import resident_kb

MESSAGES, ROUNDS, AT_ONCE = 20, 200, 50
MAX_GROWTH_KB = 1024


def poll(wire):
    """Replies are read as they come: a client that does not read is another matter."""
    wire.send(b"STAT\r\nLIST\r\nUIDL\r\nNOOP\r\nUTF8\r\nTOP 1 0\r\n" * AT_ONCE)
    for _ in range(AT_ONCE):
        wire.expect_ok()
        for _ in ("LIST", "UIDL"):
            wire.expect_ok()
            if len(wire.multiline()) != MESSAGES:
                raise Failure("a listing is not whole")
        wire.expect_ok()
        if wire.line() != b"-ERR This is not offered here":
            raise Failure("UTF8 got another answer")
        wire.expect_ok()
        wire.multiline()


def endless_polling_costs_no_memory(installation, identity, mode):
    server = Server(installation, installation.base / f"polling-{identity.name}-{mode}", identity,
                    ["workers = { spare = 0 }"])
    account = server.account("alice")
    for number in range(MESSAGES):
        account.maildrop.store(f"new/{1000000000 + number}.m", b"Subject: x\n\nx\n")
    with server:
        wire = Wire(server, mode)
        wire.login(account)
        poll(wire)
        before_kb = resident_kb(server)
        for _ in range(ROUNDS):
            poll(wire)
        grown_kb = resident_kb(server) - before_kb
        if grown_kb > MAX_GROWTH_KB:
            raise Failure(f"the worker grew by {grown_kb} kB")
        wire.ok("QUIT")
