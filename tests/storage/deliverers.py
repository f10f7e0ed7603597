"""Real delivery programs into an mbox while sessions retrieve and delete: every message is accounted for exactly once.

Each deliverer locks in its own way; restante takes fcntl, then a dotlock, and what it cannot take it waits for."""
import os
import random
import re
import shutil
import subprocess
import threading
import time
from contextlib import nullcontext

from harness.identity import Identity
from harness.mbox import split
from harness.results import Failure
from harness.server import Server
from harness.wire import Wire
from storage import postfix

CONF = ['storage = { driver = "mbox", path = "~/mbox", locks = { "fcntl", "dotlock" } }']
NAME = re.compile(rb"(?m)^X-Name: (\S+)")
PATIENCE_S = 300
DELIVERY_S = 600  # programs that take the same locks in another order hold each other up for seconds at a time
PAUSE_S = 0.005


def procmail(path, rules):
    """Its command, and the rules that deliver to `path`. It makes the dotlock that ":0:" asks for, then locks."""
    return ["procmail", "-f", "a@example.org", "-m", rules], f"LOCKSLEEP=1\n:0:\n{path}\n"


def maildrop(path, rules):
    return ["maildrop", rules], f'to "{path}"\n'


class MailUser(Identity):
    """The deliverers want an owner whom the system knows, with a home where the mailbox is."""

    UID = 62900

    def __init__(self, like):
        super().__init__(like.name, like.uid, like.gid, like.group)
        self.user = f"rmail{os.getpid()}"
        self.id = self.UID + os.getpid() % 1000

    def owner(self, index):
        return self.id, self.id

    def make(self, home):
        subprocess.run(["groupadd", "--gid", str(self.id), self.user], check=True, capture_output=True)
        subprocess.run(["useradd", "--uid", str(self.id), "--gid", str(self.id), "--home-dir", home, "--no-create-home",
                        "--shell", "/bin/sh", self.user], check=True, capture_output=True)

    def remove(self):
        subprocess.run(["userdel", self.user], check=False, capture_output=True)
        subprocess.run(["groupdel", self.user], check=False, capture_output=True)


# mailutils' putmail is not among them: it looks at the mailbox before it takes a lock, and gives up when that changes.
DELIVERERS = {"procmail": procmail, "maildrop": maildrop}


def messages_of(kind, count):
    """All end with a line end, as mail systems hand it over: procmail adds no blank line to other mail."""
    chance = random.Random(kind)
    for number in range(count):
        name = f"{kind}-{number}"
        body = chance.choice((b"text\n", b"From here on\n\nFrom there\n", b"\n\n\n", b"x" * 70000 + b"\n"))
        yield name, b"From: a@example.org\nX-Name: %s\nSubject: s\n\n" % name.encode() + body


class Delivery(threading.Thread):
    """So many messages, one after the other, by one program."""

    def __init__(self, name, account, count):
        super().__init__(daemon=True)
        self.account = account
        self.count = count
        self.kind = name
        folder = account.home / name
        folder.mkdir()
        rules = folder / "rules"
        self.command, text = DELIVERERS[name](account.maildrop.path, rules)
        rules.write_text(text)
        rules.chmod(0o600)
        for path in (folder, rules):
            account.maildrop.give(path)
        self.delivered, self.fault, self.is_over = [], None, False
        self.process = None

    def run(self):
        try:
            self.deliver()
        except (OSError, subprocess.TimeoutExpired) as fault:
            self.fault = f"{self.kind}: {fault}"

    def deliver(self):
        for name, message in messages_of(self.kind, self.count):
            if self.is_over:
                return
            with subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  user=self.account.uid, group=self.account.gid, extra_groups=[],
                                  cwd=self.account.home, env={"HOME": str(self.account.home), "PATH": "/usr/bin:/bin",
                                                              "LOGNAME": "alice"}) as self.process:
                try:
                    said, _ = self.process.communicate(message, DELIVERY_S)
                finally:
                    self.process.kill()
            if self.process.returncode != 0:
                self.fault = f"{self.kind}: status {self.process.returncode}: {said!r}"
                return
            self.delivered.append(name)

    def end(self):
        """Also where the test was interrupted, with a program that waits for a lock."""
        self.is_over = True
        if self.process and self.is_alive():
            self.process.kill()
        self.join()


def names_in(wire, number):
    wire.ok(f"RETR {number}")
    names = NAME.findall(b"\n".join(wire.multiline()) + b"\n")
    if len(names) != 1:
        raise Failure(f"message {number} holds {names}")
    return names[0].decode()


def session(server, account, chance):
    """Some messages are retrieved and removed; their names, when that was confirmed."""
    wire = Wire(server, "plain")
    wire.ok(f"USER {account.name}")
    line = wire.command(f"PASS {account.secret}")
    if line.startswith(b"-ERR [IN-USE]"):
        return []
    if not line.startswith(b"+OK"):
        raise Failure(f"got {line!r}")
    count = int(wire.ok("STAT").split()[1])
    chosen = [number for number in range(1, count + 1) if chance.random() < 0.8]
    gone = []
    for number in chosen:
        gone.append(names_in(wire, number))
        wire.ok(f"DELE {number}")
    line = wire.command("QUIT")
    wire.close()
    if line.startswith(b"+OK"):
        return gone
    if line.startswith(b"-ERR [IN-USE]") or line.startswith(b"-ERR [SYS/TEMP]"):
        return []
    raise Failure(f"QUIT: {line!r}")


def everything_is_accounted_for(installation, identity, count, results):
    owner = MailUser(identity)
    server = Server(installation, installation.base / f"deliverers-{identity.name}", owner, CONF)
    account = server.mbox_account("alice")
    owner.make(account.home)
    try:
        with postfix.Postfix(installation.base / "postfix") if postfix.is_there() else nullcontext() as queue:
            deliver_and_collect(server, account, owner.user, queue, count, results)
    finally:
        owner.remove()


def deliver_and_collect(server, account, user, queue, count, results):
    deliveries = [Delivery(name, account, count) for name in DELIVERERS if shutil.which(name)]
    if queue:
        deliveries.append(postfix.PostfixDelivery(queue, user, messages_of("postfix", count)))
    if not deliveries:
        results.skip("storage/deliverers", "there is none")
        return
    os.chmod(account.home, 0o700)
    chance, taken, sessions = random.Random(7), [], 0
    with server:
        for one in deliveries:
            one.start()
        try:
            while any(one.is_alive() for one in deliveries):
                taken += session(server, account, chance)
                sessions += 1
                time.sleep(PAUSE_S)
        finally:
            for one in deliveries:
                one.end()
        for one in deliveries:
            if one.fault:
                raise Failure(one.fault)
        left = [NAME.findall(message)[0].decode() for message in split(account.maildrop.path.read_bytes())]
        deadline = time.monotonic() + PATIENCE_S
        while account.maildrop.messages() and time.monotonic() < deadline:
            taken += session(server, account, chance)
    wanted = sorted(name for one in deliveries for name in one.delivered)
    if sorted(taken) != wanted:
        raise Failure(f"lost: {set(wanted) - set(taken)}, more than once: {len(taken) - len(set(taken))}, "
                      f"left before the end: {left}")
    results.note(f"{len(wanted)} messages by {', '.join(one.kind for one in deliveries)} during {sessions} sessions: "
                 "each accounted for once")
