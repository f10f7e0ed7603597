"""Auth workers that are slow, hang or crash, with a driver made for it; and a queue that is full."""
import os
import signal
import threading
from pathlib import Path

from auth.guessing import attempt, expect, in_parallel
from harness import modules
from harness.results import Failure
from harness.server import wait_until
from rooms.processes import pids

DRIVER = Path(__file__).parent / "slow_driver.c"


def use_slow_driver(server, options):
    """Users are who the driver says; their homes are below the server's folder, and alice has a maildrop."""
    modules.build(server, "auth", DRIVER, "slow")
    alice = server.account("alice")
    server.conf_lines.append(f'auth = {{ driver = "slow", uid = {alice.uid}, gid = {alice.gid}, '
                             f'home = "{server.base}/mail/%{{user}}", {options} }}')


def a_worker_that_hangs_is_replaced(server):
    use_slow_driver(server, 'workers = 1, workers_max = 1, timeout = "1s"')
    with server:
        before = pids(server, "auth-worker")
        replies = in_parallel(2, lambda number: attempt(server, ("hang", "alice")[number], "secret"))
        expect(replies[0], b"-ERR [SYS/TEMP]")
        expect(replies[1], b"+OK")
        wait_until(lambda: len(pids(server, "auth-worker")) == 1 and pids(server, "auth-worker") != before,
                   "another worker in the place of the one that hung")
        expect(attempt(server, "alice", "wrong"), b"-ERR [AUTH]")


def a_worker_that_crashes_costs_its_own_login(server):
    use_slow_driver(server, "workers = 1, workers_max = 1")
    with server:
        replies = in_parallel(2, lambda number: attempt(server, ("crash", "alice")[number], "secret"))
        expect(replies[0], b"-ERR [SYS/TEMP]")
        expect(replies[1], b"+OK")
        expect(attempt(server, "alice", "secret"), b"+OK")


def a_full_queue_says_try_again(server):
    """The worker is stopped until all have come, however long that takes."""
    use_slow_driver(server, "workers = 1, workers_max = 1, queue = 2")
    with server:
        worker, = pids(server, "auth-worker")
        os.kill(worker, signal.SIGSTOP)
        refused = "too many logins wait for an auth worker"
        resume = threading.Thread(target=lambda: (server.wait_for_log(refused, 3), os.kill(worker, signal.SIGCONT)))
        resume.start()
        replies = sorted(in_parallel(6, lambda number: attempt(server, f"alice{number}", "wrong")))
        resume.join()
        for reply in replies[:3]:
            expect(reply, b"-ERR [AUTH]")
        for reply in replies[3:]:
            expect(reply, b"-ERR [SYS/TEMP]")
        expect(attempt(server, "alice", "secret"), b"+OK")


def workers_are_started_on_demand(server):
    use_slow_driver(server, "workers = 1, workers_max = 3")
    with server:
        if len(pids(server, "auth-worker")) != 1:
            raise Failure("there is not one worker at the start")
        for reply in in_parallel(8, lambda number: attempt(server, f"slow{number}", "wrong")):
            expect(reply, b"-ERR [AUTH]")
        wait_until(lambda: len(pids(server, "auth-worker")) == 3, "three workers")
        expect(attempt(server, "alice", "secret"), b"+OK")


TESTS = (a_worker_that_hangs_is_replaced, a_worker_that_crashes_costs_its_own_login, a_full_queue_says_try_again,
         workers_are_started_on_demand)
