"""Auth workers that were started because logins waited end again once they have been idle for a minute."""
import time

from auth.guessing import attempt, expect, in_parallel
from auth.workers import use_slow_driver
from harness.results import Failure
from harness.server import Server, wait_until
from rooms.processes import pids

PATIENCE_S = 150


def idle_auth_workers_end(installation, identity):
    server = Server(installation, installation.base / f"long-{identity.name}-idle-workers", identity)
    use_slow_driver(server, "workers = 1, workers_max = 3")
    with server:
        for reply in in_parallel(8, lambda number: attempt(server, f"slow{number}", "wrong")):
            expect(reply, b"-ERR [AUTH]")
        wait_until(lambda: len(pids(server, "auth-worker")) == 3, "three workers")
        limit = time.monotonic() + PATIENCE_S
        while len(pids(server, "auth-worker")) > 1:
            if time.monotonic() > limit:
                raise Failure(f"workers that are still there: {pids(server, 'auth-worker')}")
            time.sleep(1)
        expect(attempt(server, "alice", "secret"), b"+OK")
        if len(pids(server, "auth-worker")) != 1 or "is replaced" in server.log():
            raise Failure(f"the last worker did not stay:\n{server.log()}")
