"""A policy in C that does not come back: its process ends, with the sessions in it, and nothing is deleted."""
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import modules
from harness.identity import OneOwner
from harness.results import Failure
from harness.server import Server
from harness.wire import Wire
from rooms.killed import expect_end, expect_kept, login_again, quits, session
from rooms.processes import pids

SOURCE = Path(__file__).resolve().parent / "stuck.c"


def a_policy_that_is_stuck(installation, identity):
    server = Server(installation, installation.base / f"stuck-{identity.name}", identity,
                    ['policy = { { driver = "stuck" } }', "workers = { spare = 0, per_uid = 1 }"])
    modules.build(server, "policy", SOURCE, "stuck")
    accounts = [server.account(name) for name in ("stuck", "other")]
    for account in accounts:
        account.maildrop.store("new/1000000001.a", b"one\n")
        account.maildrop.store("new/1000000002.b", b"two\n")
    with server:
        wire, other = session(server, accounts[0], "plain"), session(server, accounts[1], "tls")
        worker_pids = pids(server, "worker")
        wire.send(b"RETR 2\r\n")
        expect_end(wire)
        server.wait_for_log("event=worker_died")
        line, = [line for line in server.log().splitlines() if "event=policy_failed" in line]
        for part in (" user=stuck ", " policy=stuck ", " hook=retr ", " answer=process-ends "):
            if part not in line:
                raise Failure(f"{part!r} is missing in {line}")
        if len(worker_pids) == 1:  # isolation uid: they were in one process
            expect_end(other)
        else:
            other.ok("RETR 2")
            other.multiline()
            other.close()
        for account in accounts:
            quits(login_again(server, account))
            expect_kept(account)



def run(suite, installation, identities, results):
    """Both isolations at the same time: it is sixteen seconds of processor time until the process ends."""
    for identity in identities:
        with ThreadPoolExecutor() as pool:
            for who in (identity, OneOwner(identity)):
                pool.submit(results.run, f"{suite}/a_policy_that_is_stuck ({who.name})", a_policy_that_is_stuck,
                            installation, who)
