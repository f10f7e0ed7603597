"""Workers killed at every (system call, occurrence) of a commit and of a recovery.

One run of each is traced to learn its calls. Then for each call and occurrence the same is done again with the worker
killed there (strace --inject). Afterwards a reader of the format of its own and the product itself, at the next login,
account for every message: none is lost or doubled, each is what it was and has the UIDL that it had, and either all
of the marked ones are gone or none is."""
import collections
import os
import re
import shutil
import subprocess
import time

from harness.mbox import split
from harness.results import Failure
from harness.server import PATIENCE_S, Server, wait_until
from harness.wire import Wire
from rooms.processes import pids

CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\(")
MBOX = ['storage = { driver = "mbox", path = "~/mbox", locks = { "fcntl", "dotlock" } }']
SAMPLE = 12  # points of each sweep in the quick suite


class Strace:
    """Attached to one process until it ends, or we do."""

    def __init__(self, base, pid, *arguments):
        self.trace = base / "trace"
        self.said = open(base / "strace-said", "w+b")
        self.process = subprocess.Popen(["strace", "-f", "-p", str(pid), "-o", self.trace, *arguments],
                                        stdin=subprocess.DEVNULL, stderr=self.said)
        wait_until(lambda: b"attached" in self.text() or self.process.poll() is not None, "strace")
        if b"attached" not in self.text():
            raise Failure(f"strace: {self.text()!r}")

    def text(self):
        self.said.seek(0)
        return self.said.read()

    def end(self):
        """Its calls, in order."""
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait()
        self.said.close()
        self.has_killed = "+++ killed by SIGKILL" in self.trace.read_text(errors="replace")
        return [match.group(1) for line in self.trace.read_text(errors="replace").splitlines()
                if (match := CALL.match(line))]


def points_of(calls):
    """Each (system call, occurrence) among these."""
    return [(call, number) for call, count in collections.Counter(calls).items() for number in range(1, count + 1)]


def login(server, account, patient=False):
    """Patient: the worker before may be dying still, and its session lock with it."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        wire = Wire(server, "plain")
        wire.ok(f"USER {account.name}")
        line = wire.command(f"PASS {account.secret}")
        if line.startswith(b"+OK"):
            return wire
        wire.close()
        if not patient or time.monotonic() > deadline:
            raise Failure(f"no login: {line!r}")
        time.sleep(0.05)


def uidls(wire):
    wire.ok("UIDL")
    return [line.split()[1] for line in wire.multiline()]


class MboxBox:
    """Seven messages, three windows' worth; the second and the fifth are to go."""
    conf = MBOX
    marked = (2, 5)

    def __init__(self, server):
        self.account = server.mbox_account("alice")
        self.path = self.account.maildrop.path
        sizes = (300, 20, 3 << 20, 5, 100, 5 << 20, 60)
        self.messages = [b"From m%d\nSubject: %d\n\n%s\n" % (number, number, bytes([97 + number]) * size)
                         for number, size in enumerate(sizes)]
        self.delivered = []

    def fill(self):
        """The same file, as it was."""
        with self.path.open("wb") as file:
            file.write(b"".join(message + b"\n" for message in self.messages))
        self.delivered = []

    def deliver(self):
        message = b"From d\nSubject: delivered %d\n\ntext\n" % len(self.delivered)
        self.delivered.append(message)
        self.account.maildrop.append(message + b"\n")

    def left(self):
        return split(self.path.read_bytes())

    def identities(self):
        return self.messages


class MaildirBox:
    conf = []
    marked = (2, 5)

    def __init__(self, server):
        self.account = server.account("alice")
        self.messages = [b"Subject: %d\n\n%s\n" % (number, b"x" * number) for number in range(7)]
        self.delivered = []

    def fill(self):
        maildrop = self.account.maildrop
        for name in maildrop.files():
            (maildrop.path / name).unlink()
        for number, message in enumerate(self.messages):
            maildrop.store(f"new/{1000000000 + number}.m", message)
        self.delivered = []

    def deliver(self):
        message = b"Subject: delivered %d\n\ntext\n" % len(self.delivered)
        self.account.maildrop.store(f"new/{2000000000 + len(self.delivered)}.d", message)
        self.delivered.append(message)

    def left(self):
        maildrop = self.account.maildrop
        names = sorted(maildrop.files(), key=lambda name: name.split("/")[1])
        return [maildrop.read(name) for name in names]


class Sweep:
    def __init__(self, installation, base, identity, kind):
        self.server = Server(installation, base, identity, [*kind.conf, "workers = { spare = 1 }"])
        self.box = kind(self.server)
        self.one_by_one = kind is MaildirBox  # the marked ones go each for itself
        self.names = []
        self.removed = self.kept = self.killed = 0

    def mark(self):
        """A session with the messages marked; its UIDLs are kept."""
        wire = login(self.server, self.box.account, patient=True)
        self.names = uidls(wire)
        wire.ok("RETR 1")
        wire.multiline()
        for number in self.box.marked:
            wire.ok(f"DELE {number}")
        return wire

    def quit(self, wire):
        try:
            return wire.command("QUIT").startswith(b"+OK")
        except (EOFError, OSError, Failure):
            return False
        finally:
            wire.close()

    def worker(self):
        """The session's own: the one before may be dying still."""
        wait_until(lambda: len(pids(self.server, "worker")) == 1, "the end of the worker before")
        return pids(self.server, "worker")[0]

    def account_for(self, was_ok):
        """After an undisturbed login."""
        box = self.box
        wire = login(self.server, box.account, patient=True)
        names, left = uidls(wire), box.left()
        self.quit(wire)
        if len(names) != len(left):
            raise Failure(f"the reader finds {len(left)} messages, the product {len(names)}")
        wanted = [(name, message) for name, message in zip(self.names, box.messages)]
        found = list(zip(names, left))
        for (_, message), delivered in zip(found[len(found) - len(box.delivered):], box.delivered):
            if message != delivered:
                raise Failure("a delivered message is not what it was")
        found = found[:len(found) - len(box.delivered)]
        marked = {self.names[number - 1] for number in box.marked}
        missing = {name for name, _ in wanted} - {name for name, _ in found}
        if found != [pair for pair in wanted if pair[0] not in missing] or not missing <= marked:
            raise Failure(f"lost, doubled or changed: {[name for name, _ in found]}, marked were {marked}")
        if missing and missing != marked and not self.one_by_one:
            raise Failure("some of the marked messages are gone")
        if was_ok and missing != marked:
            raise Failure("QUIT was answered with +OK, and marked messages are there")
        self.removed += missing == marked
        self.kept += not missing

    def learn_commit(self):
        self.box.fill()
        wire = self.mark()
        strace = Strace(self.server.base, self.worker())
        was_ok = self.quit(wire)
        calls = strace.end()
        self.account_for(was_ok)
        return calls

    def kill_commit(self, point, number):
        self.box.fill()
        wire = self.mark()
        strace = Strace(self.server.base, self.worker(), "-e", f"trace={point[0]}",
                        "-e", f"inject={point[0]}:signal=KILL:when={point[1]}")
        was_ok = self.quit(wire)
        strace.end()
        self.killed += strace.has_killed
        if number % 2:
            self.box.deliver()
        self.account_for(was_ok)

    def interrupt(self, occurrence):
        """A commit killed at its pwrite64 number `occurrence`: what a recovery begins with."""
        if not self.kill_without_recovery(("pwrite64", occurrence)):
            raise Failure(f"pwrite64 number {occurrence} leaves no journal")
        state = self.state_folder()
        saved = self.server.base / "saved"
        shutil.rmtree(saved, ignore_errors=True)
        shutil.copytree(state, saved)
        return self.box.path.read_bytes()

    def kill_without_recovery(self, point):
        """Is there a journal now?"""
        self.box.fill()
        wire = self.mark()
        strace = Strace(self.server.base, self.worker(), "-e", f"trace={point[0]}",
                        "-e", f"inject={point[0]}:signal=KILL:when={point[1]}")
        self.quit(wire)
        strace.end()
        return bool(list(self.server.base.glob("state/**/journal-mbox")))

    def interruptions(self, most):
        """So many pwrite64 of a commit, spread over those whose interruption leaves a journal."""
        self.learn_commit()  # the first makes ledger and journal
        count = self.learn_commit().count("pwrite64")
        leaving = []
        for occurrence in range(1, count + 1):
            if self.kill_without_recovery(("pwrite64", occurrence)):
                leaving.append(occurrence)
            self.account_for(False)
        if len(leaving) < most:
            raise Failure(f"of {count} pwrite64 only {leaving} leave a journal")
        self.removed = self.kept = self.killed = 0
        return [leaving[(2 * number + 1) * len(leaving) // (2 * most)] for number in range(most)]

    def state_folder(self):
        return next(self.server.base.glob("state/**/journal-mbox")).parent

    def restore(self, octets, folder):
        with self.box.path.open("r+b") as file: # the same file
            file.write(octets)
            file.truncate()
        self.box.delivered = []
        for name in ("journal-mbox", "cache-mbox"):
            (folder / name).unlink(missing_ok=True)
            if (self.server.base / "saved" / name).exists():
                shutil.copy(self.server.base / "saved" / name, folder / name)
                os.chown(folder / name, self.box.account.uid, self.box.account.gid)

    def spare(self):
        wait_until(lambda: len(pids(self.server, "spare")) == 1, "a spare worker")
        return pids(self.server, "spare")[0]

    def login_traced(self, *arguments):
        wait_until(lambda: not pids(self.server, "worker"), "the end of the worker")
        strace = Strace(self.server.base, self.spare(), *arguments)
        wire = Wire(self.server, "plain")
        try:
            wire.ok(f"USER {self.box.account.name}")
            wire.command(f"PASS {self.box.account.secret}")
            wire.command("QUIT")
        except (EOFError, OSError, Failure):
            pass
        wire.close()
        calls = strace.end()
        self.killed += strace.has_killed
        return calls

    def sweep_recovery(self, occurrence, choose):
        octets = self.interrupt(occurrence)
        folder = self.state_folder()
        calls = self.login_traced()
        points = choose(points_of(calls))
        for number, (call, count) in enumerate(points):
            self.restore(octets, folder)
            if number % 3:
                self.box.deliver()
            self.login_traced("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={count}")
            if number % 2:
                self.box.deliver()
            try:
                self.account_for(False)
            except Failure as fault:
                raise Failure(f"recovery killed at {call} number {count}: {fault}") from None
        return points

    def sweep_commit(self, choose):
        self.learn_commit()  # the first makes ledger and journal, those to be killed append to them
        points = choose(points_of(self.learn_commit()))
        for number, point in enumerate(points):
            try:
                self.kill_commit(point, number)
            except Failure as fault:
                raise Failure(f"commit killed at {point[0]} number {point[1]}: {fault}") from None
        return points


def every(points):
    return points


def sample(points):
    step = max(1, len(points) // SAMPLE)
    return points[::step]


def report(results, what, points, sweep):
    kinds = len({call for call, _ in points})
    if sweep.killed < len(points) * 3 // 4:  # a few calls come only sometimes
        raise Failure(f"{what}: of {len(points)} points {sweep.killed} were reached")
    results.note(f"{what}: {len(points)} points, {kinds} system calls, {sweep.killed} kills; afterwards "
                 f"{sweep.removed} times removed, {sweep.kept} times not")
    sweep.removed = sweep.kept = sweep.killed = 0


def commit(installation, identity, kind, choose, results, name):
    sweep = Sweep(installation, installation.base / name, identity, kind)
    with sweep.server:
        points = sweep.sweep_commit(choose)
        if not sweep.removed or not sweep.kept:
            raise Failure(f"of {len(points)} kills {sweep.removed} came too late and {sweep.kept} too early: no proof")
        report(results, name, points, sweep)


def recovery(installation, identity, choose, results, name, interruptions):
    sweep = Sweep(installation, installation.base / name, identity, MboxBox)
    with sweep.server:
        for occurrence in sweep.interruptions(interruptions):
            points = sweep.sweep_recovery(occurrence, choose)
            report(results, f"{name}, of a commit killed at its pwrite64 number {occurrence}", points, sweep)
