"""PAM modules that crash, hang, fork and leak: each costs the login that it had, and nothing else."""
import subprocess
from pathlib import Path

from harness.results import Failure
from harness.server import wait_until
from harness.wire import Wire
from pam.stack import expect, make_server, try_login
from rooms.processes import pids, processes

SOURCE = Path(__file__).resolve().parents[1] / "unit" / "modules" / "pam_sample.c"
# System users that every Debian has. No mail is at their homes: what counts is whether they get past PAM.
GOOD, BAD = "nobody", "daemon"


def make_module(folder):
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    module = folder / "pam_sample.so"
    subprocess.run(["cc", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", SOURCE, "-o", module, "-lpam"], check=True)
    return module


def service(installation, identity, name, arguments):
    module = make_module(installation.base / f"pam-{identity.name}-{name}-module")
    return f"auth required {module} password=sesame {arguments}\naccount required {module}\n"


def server_with(installation, identity, name, arguments, more=""):
    return make_server(installation, identity, name, service(installation, identity, name, arguments),
                       f", workers = 1, workers_max = 2{more}")


def gets_past_pam(server, user):
    """Accepted, whatever becomes of the mailbox: the log says so."""
    before = server.log().count("result=accepted")
    _, wire = try_login(server, user, "sesame")
    wire.close()
    server.wait_for_log("result=accepted", before + 1)


def a_module_that_crashes(installation, identity):
    with server_with(installation, identity, "crash", f"crash={BAD}") as server:
        worker = pids(server, "auth-worker")
        expect(server, BAD, "sesame", b"-ERR [SYS/TEMP]", "the auth worker has ended")
        wait_until(lambda: pids(server, "auth-worker") not in ([], worker), "another worker")
        gets_past_pam(server, GOOD)


def a_module_that_hangs(installation, identity):
    """Others log in meanwhile; the worker is replaced when its time is over."""
    with server_with(installation, identity, "hang", f"hang={BAD}", ', timeout = "3s"') as server:
        worker = pids(server, "auth-worker")
        stuck = Wire(server, "plain")
        stuck.ok(f"USER {BAD}")
        stuck.send(b"PASS sesame\r\n")
        gets_past_pam(server, GOOD)
        reply = stuck.line()
        if not reply.startswith(b"-ERR [SYS/TEMP]"):
            raise Failure(f"{reply!r}")
        wait_until(lambda: not set(worker) & set(pids(server, "auth-worker")), "the end of the worker that hangs")
        gets_past_pam(server, GOOD)


def a_module_that_forks(installation, identity):
    """The child comes back from PAM as well: it must not answer, nor stay."""
    with server_with(installation, identity, "fork", f"fork={GOOD}") as server:
        for _ in range(3):
            gets_past_pam(server, GOOD)
        worker = pids(server, "auth-worker")
        wait_until(lambda: not [one for one in processes() if one.parent in worker], "the end of the forked children")
        if server.log().count("result=accepted") != 3 or "malformed" in server.log():
            raise Failure(server.log())


def a_module_that_leaks(installation, identity):
    """Workers are replaced after so many logins."""
    with server_with(installation, identity, "leak", f"leak={GOOD}", ", requests = 3") as server:
        seen = set(pids(server, "auth-worker"))
        for _ in range(9):
            gets_past_pam(server, GOOD)
            seen |= set(pids(server, "auth-worker"))
        wait_until(lambda: len(seen | set(pids(server, "auth-worker"))) >= 3, "workers in the place of those before")
        if "result=error" in server.log():
            raise Failure(server.log())


def an_outage_lets_the_next_entry_decide(installation, identity):
    """if_unavailable: a service that is broken beside a passwd file that is not."""
    for setting, accepted in (("stop", False), ("next", True)):
        broken = "auth required /nowhere/pam_missing.so\naccount required /nowhere/pam_missing.so\n"
        server = make_server(installation, identity, f"outage-{setting}", broken)
        line = server.conf_lines.pop()
        entry = line.split("=", 1)[1].strip()[:-1] + f', if_unavailable = "{setting}" }}'
        server.conf_lines.append(f'auth = {{ {entry}, {{ driver = "file", path = "{{base}}/users" }} }}')
        account = server.account("alice")
        with server:
            reply, wire = try_login(server, account.name, account.secret)
            wire.close()
            if reply.startswith(b"+OK") != accepted or (not accepted and not reply.startswith(b"-ERR [SYS/TEMP]")):
                raise Failure(f"{setting}: {reply!r}\n{server.log()}")
            reply, wire = try_login(server, account.name, "wrong")
            wire.close()
            if not reply.startswith(b"-ERR [SYS/TEMP]"):
                raise Failure(f"{setting}: nobody may be told that a password is wrong in an outage: {reply!r}")


def a_module_of_somebody_else(installation, identity):
    """pam_matrix, which keeps its users in a file: checked without root too."""
    found = sorted(Path("/usr/lib").glob("*/pam_wrapper/pam_matrix.so"))
    if not found:
        raise Failure("libpam-wrapper is not installed")
    folder = installation.base / f"pam-{identity.name}-matrix-users"
    folder.mkdir()
    folder.chmod(0o755)
    users = folder / "users"
    users.write_text(f"{GOOD}:sesame:restante\n")
    users.chmod(0o644)
    lines = "".join(f"{kind} required {found[0]} passdb={users}\n" for kind in ("auth", "account"))
    with make_server(installation, identity, "matrix", lines) as server:
        gets_past_pam(server, GOOD)
        expect(server, GOOD, "not this one", b"-ERR [AUTH]", "result=denied")
        expect(server, BAD, "sesame", b"-ERR [AUTH]", "user=daemon")


TESTS = (a_module_of_somebody_else,
         a_module_that_crashes, a_module_that_hangs, a_module_that_forks, a_module_that_leaks,
         an_outage_lets_the_next_entry_decide)
