"""A large message that others change while a session reads it: what is sent is whole, or has no end."""
from harness.results import Failure
from harness.wire import Wire

HEAD = b"Subject: big\n\n"
OCTETS = 24 * 1024 * 1024  # more than all socket buffers between the file and a client that does not read
ON_THE_WIRE = OCTETS + HEAD.count(b"\n") + len(b"\r\n")


def begin(server, account, name, mode):
    account.maildrop.store_sparse(name, HEAD, OCTETS)
    wire = Wire(server, mode)
    wire.login(account)
    wire.ok("RETR 1")
    return wire


def expect_no_end(wire):
    octets = wire.read_to_the_end()
    if octets.endswith(b"\r\n.\r\n"):
        raise Failure(f"{len(octets)} octets look like a whole message")


def expect_whole(wire):
    expected, parts, received = ON_THE_WIRE + len(b".\r\n"), [wire.unread], len(wire.unread)
    while received < expected and (more := wire.receive()):
        parts.append(more)
        received += len(more)
    wire.unread = b""
    if received != expected or not b"".join(parts[-2:]).endswith(b"\0\r\n.\r\n"):
        raise Failure(f"{received} octets instead of {expected}")
