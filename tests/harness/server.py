"""Starts the installed programs with a generated configuration, and ends them again."""
import fcntl
import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from harness.maildrop import Maildrop
from harness.mbox import Mbox
from harness.results import Failure

# In a build with sanitizers: what they write into the log when something is wrong.
SANITIZER_REPORTS = ("AddressSanitizer", "LeakSanitizer", "runtime error:")
PATIENCE_S = 60  # only so that a hanging server ends the test
# Below those that the kernel gives to outgoing connections, one of which could take a free port before the server does.
PORTS = itertools.cycle(range(12000 + os.getpid() % 20000, 32700))

CONFIGURATION = """\
hostname = "mail.example.org"
listen = {{
  {{ address = "127.0.0.1", port = {plain}, tls = "starttls" }},
  {{ address = "127.0.0.1", port = {tls}, tls = "implicit" }},
}}
tls = {{ certificate = "{base}/cert.pem", key = "{base}/key.pem" }}
{auth}
{storage}
state = "{base}/state"
{more}
"""
# Set unless the test sets them itself: a failed login that costs seconds would make the suite slow.
DEFAULTS = {
    "auth": 'auth = {{ driver = "file", path = "{base}/users" }}',
    "storage": 'storage = {{ driver = "maildir", path = "~/Maildir" }}',
    "penalties": "penalties = {{ enabled = false }}",
    "failure_delay": 'failure_delay = "0s"',
    "program_path": 'program_path = "{programs}"',
    "module_path": 'module_path = {{ "{modules}" }}',
    "accounts": "accounts = {{ minimum_uid = {minimum_uid} }}",
    "frontends": "frontends = 2",
    "timeouts": 'timeouts = {{ shutdown = "1s" }}',
}


class Account:
    def __init__(self, server, index, name, secret, extra, has_maildrop, folder, kind):
        self.name = name
        self.secret = secret
        self.uid, self.gid = server.identity.owner(index)
        self.home = server.base / "mail" / name
        self.extra = extra.replace("%{home}", str(self.home))
        self.maildrop = kind(self.home / folder, self.uid, self.gid)
        self.home.mkdir()
        self.maildrop.give(self.home)
        if has_maildrop:
            self.maildrop.make()

    def line(self):
        return f"{self.name}:{{PLAIN}}{self.secret}:{self.uid}:{self.gid}::{self.home}::{self.extra}\n"


class Server:
    """One running server below `base`. Use as a context manager after the accounts were added."""

    def __init__(self, installation, base, identity, conf_lines=()):
        self.installation = installation
        self.identity = identity
        self.base = Path(base)
        self.conf_lines = list(conf_lines)
        self.accounts = {}
        self.process = None
        self.environment = {}  # for the server, beside the usual
        self.prefix_command = []  # what starts it
        self.inherited = []  # descriptors that it gets as 3 and following
        self.choose_ports = lambda: free_ports(2)
        self.base.mkdir(parents=True)
        (self.base / "mail").mkdir()
        for name in ("cert.pem", "key.pem"):
            shutil.copy(installation.base / name, self.base / name)
        (self.base / "key.pem").chmod(0o600)

    def account(self, name, secret="secret", extra="", has_maildrop=True, folder="Maildir"):
        account = Account(self, len(self.accounts) + 1, name, secret, extra, has_maildrop, folder, Maildrop)
        self.accounts[name] = account
        return account

    def mbox_account(self, name, secret="secret", extra="", has_maildrop=True, file="mbox"):
        account = Account(self, len(self.accounts) + 1, name, secret, extra, has_maildrop, file, Mbox)
        self.accounts[name] = account
        return account

    @property
    def file(self):
        return self.base / "restante.conf"

    @property
    def log_path(self):
        return self.base / "log"

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def write_users(self):
        users = self.base / "users"
        users.write_text("".join(account.line() for account in self.accounts.values()))
        users.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(users, 0 if self.identity.is_root else self.identity.uid, self.identity.group)

    def write_configuration(self):
        self.plain_port, self.tls_port = self.choose_ports()
        set_here = {line.split("=")[0].split(".")[0].strip() for line in self.conf_lines}
        defaults = DEFAULTS | {line.split("=")[0].strip(): line for line in self.identity.conf}
        more = [text for key, text in defaults.items() if key not in set_here and key not in ("auth", "storage")]
        names = {"base": self.base, "programs": self.installation.programs, "modules": self.installation.modules,
                 "minimum_uid": max(1, min(500, self.identity.uid)) if not self.identity.is_root else 500}
        text = CONFIGURATION.format(
            plain=self.plain_port, tls=self.tls_port, base=self.base,
            auth="" if "auth" in set_here else defaults["auth"].format(**names),
            storage="" if "storage" in set_here else defaults["storage"].format(**names),
            more="\n".join([line.format(**names) for line in more]
                           + [line.replace("{base}", str(self.base)) for line in self.conf_lines]))
        self.file.write_text(text)

    def give_all(self):
        """As an ordinary user everything belongs to that user."""
        if self.identity.is_root or os.geteuid() != 0:
            return
        for path in (self.base, *self.base.iterdir()):
            if path.name != "mail":
                os.chown(path, self.identity.uid, self.identity.gid)

    def command(self, *arguments, **more):
        """Run an administrator's command with this configuration."""
        return subprocess.run([self.installation.command, *arguments, "-c", self.file], capture_output=True, text=True,
                              timeout=PATIENCE_S, **self.identity.popen_arguments(), **more)

    def prepare(self):
        self.write_users()
        self.write_configuration()
        self.give_all()

    def start(self):
        self.prepare()
        log = open(self.log_path, "wb")
        arguments = {**self.identity.popen_arguments(), **inheriting(self.inherited)}
        self.process = subprocess.Popen(
            [*self.prefix_command, self.installation.command, "serve", "-c", self.file], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, cwd="/", **arguments,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.base), **self.environment})
        log.close()
        is_json = any('"json"' in line for line in self.conf_lines)
        self.wait_for_log('"event":"ready"' if is_json else "event=ready")
        return self

    def wait_for_log(self, text, count=1):
        """The whole log once it holds `text` so many times."""
        wait_until(lambda: self.log().count(text) >= count or self.process.poll() is not None, f"{text} in the log")
        if self.log().count(text) < count:
            raise Failure(f"the server ended with status {self.process.returncode}:\n{self.log()}")
        return self.log()

    def stop(self):
        """SIGTERM; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure("the server did not end on SIGTERM") from None
        self.check_sanitizers()
        return status

    def check_sanitizers(self):
        """Rooms write to the master's standard error, which is the log here; one that has ended tells nobody else."""
        log = self.log()
        first = min((at for at in map(log.find, SANITIZER_REPORTS) if at >= 0), default=None)
        if first is not None:
            raise Failure(f"a sanitizer's report:\n{log[max(0, first - 200):first + 3000]}")

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if self.process and self.process.poll() is None:
            self.stop()
        elif kind is None:
            self.check_sanitizers()


def inheriting(descriptors):
    """Arguments for Popen: the child gets these as descriptors 3, 4 and so on."""
    if not descriptors:
        return {}

    def place():
        high = [fcntl.fcntl(one, fcntl.F_DUPFD, 100) for one in descriptors]
        for number, one in enumerate(high):
            os.dup2(one, 3 + number)
            os.set_inheritable(3 + number, True)

    return {"preexec_fn": place, "pass_fds": tuple(range(3, 3 + len(descriptors)))}


def wait_until(condition, what):
    limit = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > limit:
            raise Failure(f"waited in vain for {what}")
        time.sleep(0.01)


def free_ports(count):
    """Ports that nobody listens on at this moment, other ones each time."""
    ports = []
    while len(ports) < count:
        port = next(PORTS)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        ports.append(port)
    return ports
