"""Guessing: what failed logins cost, over real sockets and all frontends."""
import signal
import socket
import threading
import time

from harness.results import Failure
from harness.server import PATIENCE_S
from harness.wire import Wire
from rooms.killed import kill, login_again

PAUSE = ('penalties = { free_failures = 1, first = "%s", maximum = "%s", forget = "1h", wait = "%s" }')


class From(Wire):
    """A plain connection from an address of this machine."""

    def __init__(self, server, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", server.plain_port), timeout=PATIENCE_S,
                                               source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""
        self.greeting = self.line()


def attempt(server, user, secret, source="127.0.0.1"):
    """The reply to one login on a connection of its own."""
    wire = From(server, source)
    wire.ok(f"USER {user}")
    reply = wire.command(f"PASS {secret}")
    if reply.startswith(b"+OK"):
        wire.ok("QUIT")
    wire.close()
    return reply


def expect(reply, start):
    if not reply.startswith(start):
        raise Failure(f"expected {start!r}, got {reply!r}")


def in_parallel(count, function):
    """What `function` returned for 0 to count - 1, all at the same time."""
    results = [None] * count

    def one(number):
        results[number] = function(number)
    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def parallel_connections_gain_nothing(server):
    """Six wrong passwords at once, each from another address: two are free, the others a pause apart."""
    server.conf_lines.append(PAUSE % ("300ms", "1s", "60s"))
    server.account("alice")
    with server:
        begin = time.monotonic()
        replies = in_parallel(6, lambda number: attempt(server, "alice", f"guess{number}", f"127.0.0.{number + 1}"))
        took = time.monotonic() - begin
        for reply in replies:
            expect(reply, b"-ERR [AUTH]")
        # 0, 0, 0.3, 0.6, 1, 1 s; a lower bound, which no load of the machine can break
        if took < 2.8:
            raise Failure(f"six guesses in parallel took {took:.2f} s")
        server.wait_for_log("waited_ms=", 4)
        expect(attempt(server, "nobody", "guess", "127.0.0.9"), b"-ERR [AUTH]")


def who_would_wait_too_long_is_not_checked(server):
    server.conf_lines.append(PAUSE % ("1m", "1m", "1s"))
    alice = server.account("alice")
    server.account("bob")
    with server:
        for user in ("alice", "nosuchuser"):
            for _ in range(2):
                expect(attempt(server, user, "wrong", "127.0.0.2"), b"-ERR [AUTH]")
            expect(attempt(server, user, "wrong", "127.0.0.2"), b"-ERR [SYS/TEMP]")
            expect(attempt(server, user, "wrong", "127.0.0.3"), b"-ERR [SYS/TEMP]")
            expect(attempt(server, "bob", "secret", "127.0.0.2"), b"-ERR [SYS/TEMP]")
            server.stop()
            server.start()
        for _ in range(2):
            expect(attempt(server, "alice", "wrong", "127.0.0.2"), b"-ERR [AUTH]")
        expect(attempt(server, "alice", alice.secret, "127.0.0.3"), b"-ERR [SYS/TEMP]")
        server.wait_for_log("result=refused")
        expect(attempt(server, "bob", "secret", "127.0.0.3"), b"+OK")


def the_owner_gets_in_during_an_attack(server):
    """From an address known to the server, while others guess at the account and at that address."""
    server.conf_lines.append(PAUSE % ("1m", "1m", "1s"))
    alice = server.account("alice")
    server.account("bob")
    with server:
        expect(attempt(server, "alice", alice.secret, "127.0.0.2"), b"+OK")
        for user, source in (("alice", "127.0.0.3"), ("bob", "127.0.0.2")):
            for _ in range(2):
                expect(attempt(server, user, "wrong", source), b"-ERR [AUTH]")
            expect(attempt(server, user, "wrong", source), b"-ERR [SYS/TEMP]")
        expect(attempt(server, "alice", alice.secret, "127.0.0.4"), b"-ERR [SYS/TEMP]")
        expect(attempt(server, "alice", alice.secret, "127.0.0.2"), b"+OK")
        server.wait_for_log("failures_before=2")


def a_reload_forgets_nothing(server):
    server.conf_lines.append(PAUSE % ("1m", "1m", "1s"))
    alice = server.account("alice")
    with server:
        expect(attempt(server, "alice", alice.secret, "127.0.0.2"), b"+OK")
        for _ in range(2):
            expect(attempt(server, "alice", "wrong", "127.0.0.3"), b"-ERR [AUTH]")
        expect(attempt(server, "alice", "wrong", "127.0.0.3"), b"-ERR [SYS/TEMP]")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("failed logins before the reload are remembered")
        expect(attempt(server, "alice", alice.secret, "127.0.0.3"), b"-ERR [SYS/TEMP]")
        expect(attempt(server, "alice", alice.secret, "127.0.0.4"), b"-ERR [SYS/TEMP]")
        expect(attempt(server, "alice", alice.secret, "127.0.0.2"), b"+OK")
        server.wait_for_log("failures_before=2")


def sessions_per_user(server):
    server.conf_lines += ["limits = { sessions_per_user = 2 }", 'timeouts = { lock = "1m", shutdown = "1s" }']
    alice, bob = server.account("alice"), server.account("bob")
    with server:
        holder = Wire(server, "plain")
        holder.login(alice)
        waiting = Wire(server, "tls")
        waiting.ok("USER alice")
        waiting.send(b"PASS secret\r\n")
        server.wait_for_log("result=accepted", 2)
        third = Wire(server, "plain")
        third.ok("USER alice")
        expect(third.command("PASS secret"), b"-ERR [IN-USE]")
        other = Wire(server, "plain")
        other.login(bob)
        expect(attempt(server, "alice", "wrong"), b"-ERR [AUTH]")
        holder.ok("QUIT")
        waiting.expect_ok()
        again = Wire(server, "plain")
        again.ok("USER alice")
        again.send(b"PASS secret\r\n")
        server.wait_for_log("result=accepted", 4)
        waiting.ok("QUIT")
        again.expect_ok()


def counts_outlive_the_dispatcher(server):
    """Sessions, handed over or relayed, count in the next auth room too."""
    server.conf_lines += ["limits = { sessions_per_user = 2 }", 'timeouts = { lock = "1m", shutdown = "1s" }']
    alice, bob = server.account("alice"), server.account("bob")
    with server:
        holder = Wire(server, "plain")
        holder.login(alice)
        waiting = Wire(server, "tls")
        waiting.ok("USER alice")
        waiting.send(b"PASS secret\r\n")
        server.wait_for_log("result=accepted", 2)
        kill(server, "auth")
        other = login_again(server, bob)
        third = Wire(server, "plain")
        third.ok("USER alice")
        expect(third.command("PASS secret"), b"-ERR [IN-USE]")
        holder.ok("QUIT")
        waiting.expect_ok()
        third.ok("USER alice")
        third.send(b"PASS secret\r\n")
        server.wait_for_log("user=alice peer=127.0.0.1 mechanism=USER tls=none result=accepted", 2)
        waiting.ok("QUIT")
        third.expect_ok()
        other.ok("QUIT")


TESTS = (parallel_connections_gain_nothing, who_would_wait_too_long_is_not_checked, the_owner_gets_in_during_an_attack,
         a_reload_forgets_nothing, sessions_per_user, counts_outlive_the_dispatcher)
