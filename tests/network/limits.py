"""Deadlines that trickling octets cannot extend, limits in all, descriptors that run out, the wrong protocol."""
import copy
import socket
import ssl
import time

from harness.results import Failure
from harness.server import PATIENCE_S, Server
from harness.wire import Wire, tls_context
from rooms.processes import rooms


DESCRIPTORS = 48  # open files of each process, where they are to run out


def make_server(installation, identity, name, *lines):
    server = Server(installation, installation.base / f"network-{identity.name}-{name}", identity, list(lines))
    account = server.account("alice")
    account.maildrop.store("new/1000000001.a", b"one\n")
    return server, account


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def read_to_end(one):
    """Everything up to an orderly end; a reset is a failure."""
    got = b""
    while True:
        more = one.recv(65536)
        if not more:
            return got
        got += more


def trickle(one, octets):
    """One octet every so often until the server closes: what it said. Fails when it never does."""
    one.settimeout(0.05)
    got = b""
    for octet in octets:
        try:
            one.sendall(bytes([octet]))
            more = one.recv(4096)
            if not more:
                return got
            got += more
        except TimeoutError:
            pass
        except (ConnectionResetError, BrokenPipeError):
            return got
    raise Failure(f"octets that trickle in have kept the connection open; it said {got!r}")


def trickling_clients(installation, identity):
    """Login and handshake have their time from accept on, however busy the client looks."""
    server, _ = make_server(installation, identity, "trickle",
                            'timeouts = { shutdown = "1s", login = "1s", tls_handshake = "1s" }')
    hello = ssl.MemoryBIO()
    client = tls_context().wrap_bio(ssl.MemoryBIO(), hello)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    with server:
        got = trickle(connect(server.plain_port), b"NOOP\r\n" * 4 + b"USER " + b"a" * 200)
        if not got.endswith(b"-ERR [SYS/TEMP] the login took too long\r\n"):
            raise Failure(f"the end of the login's time was told as {got!r}")
        trickle(connect(server.tls_port), (hello.read() + b"x" * 400)[:400])
        inside = tls_context().wrap_socket(connect(server.tls_port))
        got = trickle(inside, b"USER " + b"a" * 200)
        if not got.endswith(b"-ERR [SYS/TEMP] the login took too long\r\n"):
            raise Failure(f"inside TLS the end of the login's time was told as {got!r}")
        stls = connect(server.plain_port)
        stls.recv(1000)
        stls.sendall(b"STLS\r\n")
        stls.recv(1000)
        trickle(stls, b"\x16\x03\x01\x02\x00" + b"\x01\x00\x01\xfc" + b"x" * 200)
        log = server.wait_for_log("event=disconnect", 4)
    if log.count("reason=login-timeout") != 2 or log.count("tls-handshake-timeout") + log.count("login-timeout") != 4:
        raise Failure(f"other reasons than expected:\n{log}")


def a_client_that_never_reads(installation, identity):
    """Commands in a flood and no reply taken: that ends soon, whatever goes on coming."""
    server, _ = make_server(installation, identity, "deaf")
    with server, connect(server.plain_port) as one:
        limit = time.monotonic() + PATIENCE_S
        try:
            while time.monotonic() < limit:
                one.sendall(b"CAPA\r\n" * 1000)
            raise Failure("the server takes commands without end whose replies are not read")
        except (ConnectionResetError, BrokenPipeError):
            pass
        server.wait_for_log("reason=bad-commands")


def one_too_many(installation, identity):
    """limits.connections is for all frontends and both ports together."""
    server, account = make_server(installation, identity, "many", "limits = { connections = 3 }")
    with server:
        wires = [Wire(server, mode) for mode in ("plain", "tls", "stls")]
        wires[0].login(account)  # who has logged in counts on
        for mode in ("plain", "tls"):
            wire = Wire(server, mode)
            line = wire.greeting if wire.greeting.startswith(b"-ERR") else wire.line()
            if line != b"-ERR [SYS/TEMP] too many connections":
                raise Failure(f"{mode}: one too many was told {line!r}")
            wire.expect_close()
            wire.close()
        server.wait_for_log("reason=too-many-connections", 2)
        wires[1].ok("QUIT")
        wires[1].close()
        server.wait_for_log("event=disconnect", 3)
        Wire(server, "plain").ok("CAPA")


def switches(processes):
    """How often they went to sleep: each wake-up is followed by one."""
    total = 0
    for process in processes:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            total += sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt"))
    return total


def open_descriptors_run_out(installation, identity):
    """Clients wait in the kernel's queue; nobody runs in circles meanwhile, and all are served afterwards."""
    few = copy.copy(installation)
    few.command = installation.base / f"few-{identity.name}"
    few.command.write_text(f'#!/bin/sh\nulimit -n {DESCRIPTORS}\nexec {installation.command} "$@"\n')
    few.command.chmod(0o755)
    server, account = make_server(few, identity, "descriptors", "limits = { connections_per_address = 1000 }")
    with server:
        frontends = rooms(server)["frontend"]
        waiting = [connect(server.plain_port) for _ in range(DESCRIPTORS * (len(frontends) + 1))]
        log = server.wait_for_log("no new connections for now", len(frontends))
        if f"may open {DESCRIPTORS} files, which is enough for 0 connections" not in log:
            raise Failure(f"that files will not do for limits.connections was not said at the start:\n{log}")
        start = switches(frontends)
        time.sleep(2)
        woken = switches(frontends) - start
        if woken > 60 * len(frontends):  # four a second each, and some
            raise Failure(f"frontends woke up {woken} times within two seconds")
        if server.log().count("no new connections for now") != len(frontends):
            raise Failure(f"said more than once:\n{log}")
        for one in waiting:  # each that goes makes room for one that waits
            if not one.recv(100).startswith(b"+OK"):
                raise Failure("a client that waited is not greeted")
            one.close()
        wire = Wire(server, "tls")
        wire.login(account)


def said(port, octets, context=None):
    """What the server says to this before it closes in order."""
    with connect(port) as raw:
        one = context.wrap_socket(raw) if context else raw
        one.sendall(octets)
        return read_to_end(one)


def the_wrong_protocol(installation, identity):
    """TLS, HTTP or plain commands where something else is spoken: closed in order, with a line that says what it was."""
    server, _ = make_server(installation, identity, "protocols")
    hello = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(range(189))
    http = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with server:
        got = said(server.plain_port, hello)
        if not got.startswith(b"+OK") or got.count(b"\r\n") != 1:
            raise Failure(f"TLS on the plaintext port was answered with {got!r}")
        for octets in (http, b"EHLO example.org\r\n", b"USER alice\r\n"):
            got = said(server.tls_port, octets)
            if b"+OK" in got or b"-ERR" in got:
                raise Failure(f"{octets!r} on the TLS port was answered with {got!r}")
        for context in (None, tls_context()):
            got = said(server.tls_port if context else server.plain_port, http, context)
            if got.count(b"\r\n") != 2 or b"\r\n-ERR" not in got:
                raise Failure(f"HTTP was answered with {got!r}")
        log = server.wait_for_log("event=disconnect", 6)
    for reason, count in (("TLS spoken to a plaintext port", 1), ("HTTP spoken to a TLS port", 1),
                          ("plaintext spoken to a TLS port", 2)):
        if log.count(reason) != count:
            raise Failure(f"\"{reason}\" is not in the log {count} times:\n{log}")


TESTS = (trickling_clients, a_client_that_never_reads, one_too_many, open_descriptors_run_out, the_wrong_protocol)
