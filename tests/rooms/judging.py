"""Policies in sessions that run beside each other: one that lets its client wait, and one that never comes back."""
import select
import time
from pathlib import Path

from harness import modules
from harness.identity import OneOwner
from harness.results import Failure
from harness.server import Server, wait_until
from harness.wire import Wire
from rooms.policies import policy_line, script

PATIENCE_S = 600  # until a quarter of a minute of processor time has been spent
SOURCES = Path(__file__).resolve().parent / "probes"
DELAY = """return { api = 1, name = "delay", retr = function(session)
  if session.user == "waiting" then
    return restante.delay(30)
  end
end }
"""


def make_server(installation, identity, name, *users):
    server = Server(installation, installation.base / f"judging-{identity.name}-{name}", identity)
    accounts = [server.account(user) for user in users]
    for account in accounts:
        account.maildrop.store("new/1000000001.a", b"one\n")
        account.maildrop.store("new/1000000002.b", b"two\n")
    return server, accounts


def one_process(server):
    """Both of these sessions in one worker, where there can be two in one at all."""
    if isinstance(server.identity, OneOwner):
        server.conf_lines.append("workers = { per_uid = 1, spare = 0 }")


def a_delay_holds_nobody_up(installation, identity):
    """While one client waits, the other session of the same process is served to its end."""
    for who in (identity, OneOwner(identity)):
        server, (waiting, other) = make_server(installation, who, "delay", "waiting", "other")
        one_process(server)
        server.conf_lines.append(policy_line(f'script = "{script(server, "delay.lua", DELAY)}"'))
        with server:
            wire = Wire(server, "plain")
            wire.login(waiting)
            wire.ok("DELE 2")
            began = time.monotonic()
            wire.send(b"RETR 1\r\nNOOP\r\n")
            server.wait_for_log("event=policy_delayed")
            quick = Wire(server, "tls")
            quick.login(other)
            quick.ok("RETR 1")
            quick.multiline()
            quick.ok("DELE 1")
            quick.ok("QUIT")
            # A machine on which all that takes half a minute has shown nothing, and fails nothing.
            is_answered = bool(select.select([wire.socket], [], [], 0)[0])
            if is_answered and time.monotonic() - began < 30:
                raise Failure("the delayed command did not wait")
            wire.close()
        if other.maildrop.files() != ["new/1000000002.b"]:
            raise Failure(f"the other's maildrop holds {other.maildrop.files()}")
        if waiting.maildrop.files() != ["new/1000000001.a", "new/1000000002.b"]:
            raise Failure(f"the waiting client's maildrop holds {waiting.maildrop.files()}")


def who_never_comes_back_ends(installation, identity):
    """The process ends, which the log says; nothing is removed, and the service goes on."""
    for who in (identity, OneOwner(identity)):
        server, (stuck, other) = make_server(installation, who, "stuck", "stuck", "other")
        one_process(server)
        modules.build(server, "policy", SOURCES / "stuck_policy.c", "stuck")
        server.conf_lines.append(policy_line('driver = "stuck"'))
        with server:
            beside = Wire(server, "plain")
            beside.login(other)
            beside.ok("DELE 1")
            wire = Wire(server, "plain")
            wire.socket.settimeout(PATIENCE_S)
            wire.login(stuck)
            wire.ok("DELE 1")
            wire.send(b"RETR 2\r\nQUIT\r\n")
            wire.expect_close()
            log = server.wait_for_log("event=worker_died")
            if "policy=stuck hook=retr message=2 answer=process-ends" not in log or "status=70" not in log:
                raise Failure(f"the log does not say what has ended:\n{log}")
            if isinstance(who, OneOwner):
                beside.expect_close()
            again = Wire(server, "plain")
            again.login(stuck)
            again.ok("LIST 2")
            again.ok("QUIT")
            beside.close()
            wait_until(lambda: len(other.maildrop.files()) == 2, "the end of the session beside it")
        for account in (stuck, other):
            if account.maildrop.files() != ["new/1000000001.a", "new/1000000002.b"]:
                raise Failure(f"{account.name}'s maildrop holds {account.maildrop.files()}")


TESTS = (a_delay_holds_nobody_up,)
LONG_TESTS = (who_never_comes_back_ends,)
