"""Reloads while clients come and go: none of them is turned away, reset or left without an answer."""
import threading

from harness.results import Failure
from harness.server import wait_until
from harness.wire import MODES, Wire
from rooms.control import expect, status_of
from rooms.life import make_server

THREADS_PER_MODE = 2


class Client(threading.Thread):
    """One session behind another: connect, handshake, greeting, login, STAT, QUIT; every answer counts."""

    def __init__(self, server, account, mode, is_over):
        super().__init__(daemon=True)
        self.server, self.account, self.mode, self.is_over = server, account, mode, is_over
        self.sessions = 0
        self.fault = None

    def session(self):
        wire = Wire(self.server, self.mode)
        wire.login(self.account)
        if wire.ok("STAT") != b"+OK 1 5":
            raise Failure("another mailbox")
        wire.ok("QUIT")
        wire.expect_close()
        wire.close()

    def run(self):
        try:
            while not self.is_over.is_set():
                self.session()
                self.sessions += 1
        except (Failure, OSError, EOFError) as fault:
            self.fault = f"{self.mode}, session {self.sessions + 1}: {type(fault).__name__}: {fault}"


def reloads_under_load(installation, identity, count):
    server, _ = make_server(installation, identity, f"load-{count}")
    is_over = threading.Event()
    clients = []
    for mode in MODES:
        for number in range(THREADS_PER_MODE):
            account = server.account(f"{mode}-{number}")
            account.maildrop.store("new/1000000001.a", b"one\n")
            clients.append(Client(server, account, mode, is_over))
    with server:
        for client in clients:
            client.start()
        for number in range(count):
            expect(server.command("reload"), 0, f"generation {number + 2}")
        is_over.set()
        for client in clients:
            client.join()
        faults = [client.fault for client in clients if client.fault]
        if faults:
            raise Failure("\n".join(faults))
        if min(client.sessions for client in clients) < count // 5 + 1:
            raise Failure(f"sessions: {[client.sessions for client in clients]}: that was no load")
        wait_until(lambda: len(status_of(server)["generations"]) == 1, "the end of the old generations")
        accepted = status_of(server)["logins"]["accepted"]
        if accepted != sum(client.sessions for client in clients):
            raise Failure(f"{accepted} logins are counted, {sum(client.sessions for client in clients)} were made")


def a_few_reloads_under_load(installation, identity):
    reloads_under_load(installation, identity, 5)


def a_hundred_reloads_under_load(installation, identity):
    reloads_under_load(installation, identity, 100)


TESTS = (a_few_reloads_under_load,)
LONG_TESTS = (a_hundred_reloads_under_load,)
