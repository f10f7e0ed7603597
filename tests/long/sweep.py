"""Random mail over random segments: what arrives is what was stored, computed here in another way."""
import random

from harness.maildrop import on_the_wire
from harness.results import Failure
from harness.server import Server
from harness.wire import Wire

PIECES = (b"\n", b"\r\n", b"\r", b".", b"..", b"\n.", b"\r\n.\r\n", b"\0", b"text", b"\xff" * 7, b"x" * 1000, b"\n\n")
MESSAGES, SESSIONS = 60, 40


def random_message(chance):
    size = chance.choice((0, 1, 2, 5, 30, 300, 3000))
    filler = b"y" * chance.choice((0, 0, 0, 65520, 65535, 65536, 131071))
    pieces = [chance.choice(PIECES) for _ in range(size)]
    pieces.insert(chance.randrange(len(pieces) + 1), filler)
    return b"".join(pieces)


def stuffed(message):
    wire = on_the_wire(message)
    return (b"." if wire.startswith(b".") else b"") + wire.replace(b"\r\n.", b"\r\n..")


def send_in_pieces(wire, octets, chance):
    while octets:
        length = chance.choice((1, 2, 3, 10, 100, 100000))
        wire.send(octets[:length])
        octets = octets[length:]


def take(wire, wanted, what):
    while len(wire.unread) < len(wanted):
        more = wire.receive()
        if not more:
            raise Failure(f"{what}: the connection ended")
        wire.unread += more
    found, wire.unread = wire.unread[:len(wanted)], wire.unread[len(wanted):]
    if found != wanted:
        at = next(i for i, (a, b) in enumerate(zip(wanted, found)) if a != b)
        raise Failure(f"{what}: differs at octet {at}: {found[at - 10:at + 20]!r} for {wanted[at - 10:at + 20]!r}")


def one_session(server, account, mode, messages, chance):
    numbers = [chance.randrange(len(messages)) for _ in range(20)]
    commands = "".join(f"RETR {number + 1}\r\n" for number in numbers)
    wire = Wire(server, mode)
    send_in_pieces(wire, f"USER {account.name}\r\nPASS {account.secret}\r\n{commands}QUIT\r\n".encode(), chance)
    wire.expect_ok()
    wire.expect_ok()
    for number in numbers:
        message = messages[number]
        if wire.line() != b"+OK %d octets" % len(on_the_wire(message)):
            raise Failure(f"message {number + 1} has another size than {len(on_the_wire(message))}")
        take(wire, stuffed(message) + b".\r\n", f"message {number + 1}")
    wire.expect_ok()
    wire.expect_close()
    wire.close()


def random_mail_arrives_whole(installation, identity, mode):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    server = Server(installation, installation.base / f"sweep-{identity.name}-{mode}", identity)
    account = server.account("alice")
    messages = [random_message(chance) for _ in range(MESSAGES)]
    for number, message in enumerate(messages):
        account.maildrop.store(f"new/{1000000000 + number}.m", message)
    with server:
        for number in range(SESSIONS):
            try:
                one_session(server, account, mode, messages, chance)
            except (Failure, EOFError) as fault:
                raise Failure(f"seed {seed}, session {number}: {fault}") from None
