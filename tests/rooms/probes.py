"""Modules that try, in an auth worker and in a session's worker, what an intruder there would: first without
confinement, where each try must have some other outcome, then with it, where it gets nothing."""
import errno
import re
from pathlib import Path

from harness import modules
from harness.results import Failure
from harness.server import Server, wait_until
from harness.wire import Wire

SOURCES = Path(__file__).resolve().parent / "probes"
KILLED = "killed"
DENIED = errno.EACCES
# Whatever it gave without confinement, it must have been let try; then the process ends.
ENDS = ("exec", "fork", "setuid", "kill", "ptrace", "mount", "unshare", "bpf", "io_uring", "keyctl", "memfd",
        "userfaultfd", "mprotect")
# It works without confinement; then it is denied.
IS_DENIED = ("socket", "unix-socket", "read:/proc/1/status", "read:/usr/lib/os-release", "write:{open}/{kind}")
# The owner of the file is enough; it must never work.
NEVER = ("read:/etc/shadow",)


class Room:
    """A server whose auth worker or storage driver is the probe."""

    def __init__(self, installation, identity, kind, confinement):
        self.kind = kind
        self.server = Server(installation, installation.base / f"probe-{identity.name}-{kind}-{confinement}", identity,
                             [f'confinement = "{confinement}"', "penalties = { enabled = false }"])
        self.alice = self.server.account("alice")
        self.bob = self.server.account("bob")
        self.bob.maildrop.store("new/1000000001.a", b"not yours\n")
        self.open = self.server.base / "open"
        self.open.mkdir()
        self.open.chmod(0o1777)
        modules.build(self.server, kind, SOURCES / f"probe_{kind}.c", "probe")
        self.server.conf_lines.append('auth = { driver = "probe", workers = 1, uid = 2000, gid = 2000 }'
                                      if kind == "auth" else 'storage = { driver = "probe", path = "~/Maildir" }')

    def text(self, name):
        return name.format(open=self.open, kind=self.kind, bob=self.bob.maildrop.path / "new" / "1000000001.a")

    def login(self, secret):
        wire = Wire(self.server, "plain")
        wire.ok("USER alice")
        try:
            return wire.command(f"PASS {secret}")
        except EOFError:
            return b""
        finally:
            wire.close()

    def outcome(self, name):
        """0 or an errno, or KILLED."""
        text = self.text(name)
        if self.kind == "storage":
            (self.alice.maildrop.path / "try").write_text(text)
            self.alice.maildrop.give(self.alice.maildrop.path / "try")

        def found(pattern):
            return [int(number) for number in re.findall(pattern, self.server.log())]

        def is_begun():
            self.login(text if self.kind == "auth" else self.alice.secret)  # a worker that died is replaced meanwhile
            return processes()

        def processes():
            return found(rf"trying {re.escape(text)} in (\d+)\.")

        def results():
            return found(rf"tried {re.escape(text)}: (-?\d+)\.")

        def is_killed():
            """By SIGSYS, as the log says of exactly this process."""
            end = r"auth-worker\[({})\] was ended by signal 31\b" if self.kind == "auth" else r"worker=({}) signal=31\b"
            return any(found(end.format(process)) for process in processes())

        # WHY the log alone: the process may be gone long before the master has written down what it said.
        wait_until(is_begun, f"the try of {name} in {self.kind}")
        wait_until(lambda: results() or is_killed(), f"the log to tell the outcome of {name} in {self.kind}")
        return results()[0] if results() else KILLED

    def outcomes(self, names):
        with self.server:
            return {name: self.outcome(name) for name in names}


def compare(kind, off, on):
    faults = []
    for name, result in off.items():
        confined = on[name]
        if name in NEVER:
            is_right = result == DENIED and confined == DENIED
        elif name in ENDS:
            is_right = result not in (KILLED, -1) and confined == KILLED
        else:
            is_right = result == 0 and confined == DENIED
        if not is_right:
            faults.append(f"{name}: {result} without confinement, {confined} with it")
    if faults:
        raise Failure(f"{kind}: " + "; ".join(faults))


def probe(installation, identity, kind, more=()):
    names = ENDS + IS_DENIED + NEVER + more
    compare(kind, *(Room(installation, identity, kind, wish).outcomes(names) for wish in ("off", "require")))


def auth_worker_gets_nothing(installation, identity):
    probe(installation, identity, "auth")


def session_worker_gets_nothing(installation, identity):
    """As an ordinary user every maildrop has the same owner: only Landlock keeps one session from another's mail."""
    probe(installation, identity, "storage", () if identity.is_root else ("read:{bob}",))


TESTS = (auth_worker_gets_nothing, session_worker_gets_nothing)
