"""An mbox of 1 GB with 50,000 messages, and one with a message of more than 4 GiB: right sizes, bounded memory."""
from harness.results import Failure
from harness.server import Server
from harness.wire import Wire
from long.large import HEAD, MAX_GROWTH_KB, PATIENCE_S, STORED, receive_message, resident_kb

CONF = ['storage = { driver = "mbox", path = "~/mbox" }', "workers = { spare = 0 }"]
MESSAGES = 50000
BODY = (b"x" * 75 + b"\n") * 276
MAX_PEAK_KB = 64 * 1024  # 128 octets for each message, and the windows of a removal


def mbox_message_above_4_gib(installation, identity, mode):
    server = Server(installation, installation.base / f"long-mbox-{identity.name}-{mode}", identity, CONF)
    account = server.mbox_account("alice")
    account.maildrop.store_sparse("large", HEAD, STORED)
    account.maildrop.append(b"\n\n")
    account.maildrop.store("small", b"Subject: small\n\n")
    octets = STORED + HEAD.count(b"\n") + 2  # CRLF for LF, and the line end
    with server:
        wire = Wire(server, mode)
        wire.socket.settimeout(PATIENCE_S)
        wire.login(account)
        found = wire.ok("LIST 1").decode()
        if found != f"+OK 1 {octets}":
            raise Failure(f"LIST 1: {found}, expected {octets}")
        before_kb = resident_kb(server)
        wire.ok("RETR 1")
        receive_message(wire, octets)
        grown_kb = resident_kb(server) - before_kb
        if grown_kb > MAX_GROWTH_KB:
            raise Failure(f"the worker grew by {grown_kb} kB")
        wire.ok("DELE 1")
        wire.ok("QUIT")
    if account.maildrop.files() != ["small"]:
        raise Failure(f"left are {account.maildrop.files()}")


def make(path):
    with path.open("wb") as file:
        for number in range(MESSAGES):
            file.write(b"From a Thu Jan  1 00:00:00 1970\nSubject: %d\n\n%s\n" % (number, BODY))


def session(server, account, mode, count, *commands):
    wire = Wire(server, mode)
    wire.socket.settimeout(PATIENCE_S)
    wire.login(account)
    found = wire.ok("STAT").decode().split()
    if found[1] != str(count):
        raise Failure(f"STAT: {found}, expected {count} messages")
    for command in commands:
        wire.ok(command)
    peak_kb = resident_kb(server)
    if peak_kb > MAX_PEAK_KB:
        raise Failure(f"the worker has {peak_kb} kB")
    wire.ok("QUIT")
    wire.expect_close()
    wire.close()


def mbox_of_50000_messages(installation, identity, mode):
    server = Server(installation, installation.base / f"long-many-{identity.name}-{mode}", identity, CONF)
    account = server.mbox_account("alice")
    make(account.maildrop.path)
    with server:
        session(server, account, mode, MESSAGES)
        session(server, account, mode, MESSAGES)
        account.maildrop.append(b"From a\nSubject: new\n\n\n")
        session(server, account, mode, MESSAGES + 1)
        session(server, account, mode, MESSAGES + 1, "DELE 1")
        session(server, account, mode, MESSAGES)
        with account.maildrop.path.open("rb") as file:
            head = file.read(60)
        if b"Subject: 1\n" not in head:
            raise Failure(f"the file begins with {head!r}")
