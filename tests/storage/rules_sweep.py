"""Workers killed at every (system call, occurrence) of an end of a session in which rules expire, set aside and hide,
of `restante expire`, and of both while the ledger is compacted and the journal goes on in another file.

Afterwards a small reader of mail, ledger and journal of its own and the product account for every message, UIDL, mark
and line: what is gone was to go and stands in the journal, what is not shown is marked and stands there too, and all
else is what it was and shown under the UIDL that it had."""
import os
import shutil
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

from auth.guessing import From
from harness import modules
from harness.ledger import journal_files, ledger_records, read_journal, read_marks, write_ledger
from harness.results import Failure
from harness.server import PATIENCE_S, Server, wait_until
from rooms.processes import pids
from storage.sweep import Strace, points_of, report

HERE = Path(__file__).resolve().parent
LOOKS, RULES = "127.0.0.2", "127.0.0.1"
MBOX = ('storage = { driver = "mbox", path = "~/mbox", locks = { "fcntl", "dotlock" } }',)
# What stands in the header, and whether the client deletes it.
MESSAGES = (("keep", False), ("delete", True), ("expire", False), ("aside", True), ("hide", True), ("expire", False),
            ("hold", True), ("keep", False))
DAY_S = 86400
OLD_JOURNAL_DAYS = (800, 700)  # kept for 365
WAITING = ("access", "faccessat", "faccessat2", "clock_nanosleep", "nanosleep", "restart_syscall")


def body(number):
    return b"Subject: %d\nMessage-ID: <%d@x>\nX-Do: %s\n\n%s\n" % (
        number, number, MESSAGES[number][0].encode(), b"x" * (number * 1000))


def going(how):
    """The numbers of the messages that may be removed."""
    return [number for number, (what, _) in enumerate(MESSAGES)
            if what == "expire" or what == ("delete" if how == "quit" else "aside")]


class RulesSweep:
    """`how` ends it: "quit" or "expire". `is_full`: ledger and journal are begun anew meanwhile."""

    def __init__(self, installation, base, identity, driver, how, is_full):
        self.how, self.is_full, self.driver = how, is_full, driver
        self.server = Server(installation, base, identity,
                             [*(MBOX if driver == "mbox" else ()), "workers = { spare = 0 }", 'confinement = "off"'])
        self.go = self.server.base / "go"
        modules.build(self.server, "policy", modules.GATE, "gate")
        shutil.copy(HERE / "rules.lua", self.server.base)
        self.server.conf_lines.append(f'policy = {{ {{ script = "{self.server.base}/rules.lua" }}, '
                                      f'{{ driver = "gate", file = "{self.go}" }} }}')
        make = self.server.mbox_account if driver == "mbox" else self.server.account
        self.account = make("alice")
        self.names = []  # UIDLs of the messages
        self.removed = self.kept = self.killed = 0

    # --- the same beginning each time ---------------------------------------------------------------------------

    def fill(self):
        maildrop = self.account.maildrop
        if self.driver == "mbox":
            maildrop.path.write_bytes(b"")  # the same file
        else:
            for name in maildrop.files():
                (maildrop.path / name).unlink()
        for number in range(len(MESSAGES)):
            maildrop.store(f"new/{1000000000 + number}.m", body(number))

    def prepare(self):
        """The state that everything begins with is made once, and kept."""
        self.go.touch()
        self.fill()
        wire = self.login(LOOKS)
        self.names = self.uidls(wire)
        wire.ok(f"RETR {len(MESSAGES)}")  # so that there is something to remember
        wire.multiline()
        wire.ok("QUIT")
        wire.close()
        self.state = next(self.server.base.glob("state/*/ledger")).parent
        self.write_ledger()
        if self.is_full:
            self.write_journal()
        wait_until(lambda: not pids(self.server, "worker"), "the end of the worker")
        self.saved = self.server.base / "saved"
        shutil.copytree(self.state, self.saved)

    def write_ledger(self):
        now = int(time.time())
        records = ledger_records((self.state / "ledger").read_bytes())
        if self.how == "expire":
            records += [f"aside {now - 2 * DAY_S} {now - DAY_S} {self.names[3]} rules, dele, line 19: kept for a day",
                        f"hidden {now - DAY_S} {self.names[4]} rules, dele, line 21: hidden",
                        f"aside {now - DAY_S} {now - DAY_S} {self.names[6]} rules, open, line 8: held"]
        if self.is_full:
            gone = [record for number in range(200) for record in (f"seen 1 gone-{number}", f"removed gone-{number}")]
            records = gone + records
        (self.state / "ledger").write_bytes(write_ledger(records))

    def write_journal(self):
        for number, days in enumerate(OLD_JOURNAL_DAYS, 1):
            when = time.time() - days * DAY_S
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
            path = self.state / f"removals-{number:06}-{int(when)}.jsonl"
            path.write_text(f'{{"time":"{stamp}","act":"removed","user":"alice","peer":"{RULES}","uidl":"old-{number}",'
                            '"octets":1}\n')
            path.chmod(0o600)

    def restore(self):
        self.fill()
        for path in self.state.iterdir():
            if path.name != "lock":
                path.unlink()
        for path in self.saved.iterdir():
            if path.name != "lock":
                shutil.copy(path, self.state / path.name)
        for path in self.state.iterdir():
            os.chown(path, self.account.uid, self.account.gid)

    # --- what is killed -----------------------------------------------------------------------------------------

    def login(self, source):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            wire = From(self.server, source)
            wire.ok(f"USER {self.account.name}")
            line = wire.command(f"PASS {self.account.secret}")
            if line.startswith(b"+OK"):
                return wire
            wire.close()
            if time.monotonic() > deadline:
                raise Failure(f"no login: {line!r}")
            time.sleep(0.05)  # the worker before may be dying still, and its session lock with it

    def uidls(self, wire):
        wire.ok("UIDL")
        return [line.split()[1].decode() for line in wire.multiline()]

    def run_quit(self, *arguments):
        """Everything is done but QUIT, then it is watched. Its calls, and whether the client was told +OK."""
        wire = self.login(RULES)
        shown = self.uidls(wire)
        wire.ok(f"RETR {shown.index(self.names[0]) + 1}")
        wire.multiline()
        for number, (_, is_deleted) in enumerate(MESSAGES):
            if is_deleted:
                wire.ok(f"DELE {shown.index(self.names[number]) + 1}")
        wait_until(lambda: len(pids(self.server, "worker")) == 1, "the end of the worker before")
        strace = Strace(self.server.base, pids(self.server, "worker")[0], *arguments)
        try:
            was_ok = wire.command("QUIT").startswith(b"+OK")
        except (EOFError, OSError):
            was_ok = False
        wire.close()
        return strace, was_ok

    def run_expire(self, *arguments):
        self.go.unlink()
        wait_until(lambda: not pids(self.server, "worker"), "the end of the worker before")
        with open(self.server.base / "expire", "w+b") as said:
            process = subprocess.Popen([self.server.installation.command, "expire", "--user", "alice", "-c",
                                        self.server.file], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            server = SimpleNamespace(process=process)
            wait_until(lambda: b"at the gate" in (self.server.base / "expire").read_bytes()
                       or process.poll() is not None, "restante expire at the gate")
            if process.poll() is not None:
                raise Failure((self.server.base / "expire").read_text())
            strace = Strace(self.server.base, pids(server, "worker")[0], *arguments)
            self.go.touch()
            process.wait(PATIENCE_S)
        return strace, process.returncode == 0

    def run(self, *arguments):
        strace, was_ok = (self.run_quit if self.how == "quit" else self.run_expire)(*arguments)
        calls = strace.end()
        self.killed += strace.has_killed
        return [call for call in calls if call not in WAITING], was_ok

    # --- accounting ---------------------------------------------------------------------------------------------

    def on_disk(self):
        """The numbers of the messages, in their order; each must be whole."""
        maildrop = self.account.maildrop
        if self.driver == "mbox":
            found = [message.partition(b"\n")[2] for message in maildrop.messages()]
        else:
            names = sorted(maildrop.files(), key=lambda name: name.split("/")[1])
            found = [maildrop.read(name) for name in names]
        wanted = [body(number) for number in range(len(MESSAGES))]
        if any(message not in wanted for message in found):
            raise Failure("a message is not what it was")
        numbers = [wanted.index(message) for message in found]
        if numbers != sorted(set(numbers)):
            raise Failure(f"the messages are {numbers}")
        return numbers

    def expect_journaled(self, number, act, entries):
        if not any(entry["uidl"] == self.names[number] and entry["act"] == act for entry in entries):
            raise Failure(f"message {number} ({MESSAGES[number][0]}): the journal does not say \"{act}\"")

    def check(self, left, was_ok):
        """Mail, ledger and journal against each other, by the reader alone."""
        marks, entries = read_marks(self.state), read_journal(self.state)
        may_go = going(self.how)
        gone = [number for number in range(len(MESSAGES)) if number not in left]
        for number, (what, is_deleted) in enumerate(MESSAGES):
            if number in gone:
                if number not in may_go:
                    raise Failure(f"message {number} ({what}) is lost")
                self.expect_journaled(number, "removed", entries)
            elif marks.is_marked(self.names[number]):
                if what not in ("aside", "hide", "hold"):
                    raise Failure(f"message {number} ({what}) is marked")
                if self.how == "quit":
                    self.expect_journaled(number, "hidden" if what == "hide" else "set aside", entries)
            elif was_ok and is_deleted and self.how == "quit":
                raise Failure(f"QUIT was answered with +OK, and message {number} ({what}) is neither gone nor marked")
        if was_ok and gone != may_go:
            raise Failure(f"it went well, and gone are {gone}")
        if was_ok and self.how == "quit" and marks.retrieved.get(self.names[0]) != 1:
            raise Failure("a download was forgotten")
        told = {entry["uidl"] for entry in entries if entry["act"] == "removed"} - {"old-1", "old-2"}
        if not told <= {self.names[number] for number in may_go}:
            raise Failure(f"the journal tells of {told}")
        if was_ok and self.is_full and "removed gone-1" in ledger_records((self.state / "ledger").read_bytes()):
            raise Failure("the ledger was not compacted")
        if self.is_full:
            old = [entry["uidl"] for entry in entries if entry["uidl"].startswith("old-")]
            if old not in (["old-1", "old-2"], ["old-2"]) or (was_ok and old != ["old-2"]):
                raise Failure(f"of the old journal there is {old}")
        return marks, gone

    def account_for(self, was_ok):
        if self.driver == "maildir":  # an mbox is whole again when the product has been at it
            self.check(self.on_disk(), was_ok)
        wire = self.login(LOOKS)
        shown = self.uidls(wire)
        if self.driver == "maildir" or self.how == "quit":
            before = self.on_disk()
            marks, _ = self.check(before, was_ok)
            wanted = [self.names[number] for number in before if not marks.is_marked(self.names[number])]
            if shown != wanted:
                raise Failure(f"shown are {shown}, not {wanted}")
        wire.ok("QUIT")
        wire.close()
        wait_until(lambda: not pids(self.server, "worker"), "the end of the worker")
        _, gone = self.check(self.on_disk(), was_ok)
        self.removed += was_ok or set(gone) >= {2, 5}
        self.kept += not set(gone) & {2, 5}
        # What was interrupted is done by the next session that the rules are for.
        wire = self.login(RULES)
        wire.ok("QUIT")
        wire.close()
        wait_until(lambda: not pids(self.server, "worker"), "the end of the worker")
        _, gone = self.check(self.on_disk(), False)
        if not set(gone) >= {2, 5}:
            raise Failure(f"the next session's rules remove nothing: gone are {gone}")

    def sweep(self, choose):
        self.prepare()
        self.restore()
        calls, was_ok = self.run()
        if not was_ok:
            raise Failure(f"the undisturbed {self.how} fails:\n{self.server.log()[-2000:]}")
        self.account_for(was_ok)
        points = choose(points_of(calls))
        for call, occurrence in points:
            self.restore()
            try:
                _, was_ok = self.run("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={occurrence}")
                self.account_for(was_ok)
            except (Failure, ValueError, EOFError) as fault:
                raise Failure(f"killed at {call} number {occurrence}: {fault}") from None
        return points


def sweep(installation, identity, driver, how, is_full, choose, results):
    name = f"{driver} {how}" + (", ledger and journal begun anew" if is_full else "")
    base = installation.base / f"rules-{driver}-{how}-{is_full}"
    one = RulesSweep(installation, base, identity, driver, how, is_full)
    with one.server:
        points = one.sweep(choose)
        if is_full and len(journal_files(one.state)) != 2:
            raise Failure(f"the journal is {journal_files(one.state)}")
        if not one.removed or not one.kept:
            raise Failure(f"of {len(points)} kills {one.removed} came too late and {one.kept} too early: no proof")
        report(results, name, points, one)
