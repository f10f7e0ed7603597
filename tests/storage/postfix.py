"""Postfix's local(8), with its own locks: an instance of its own below a folder of ours, that no network reaches."""
import os
import pwd
import shutil
import subprocess
import threading
import time
from pathlib import Path

MAIN = """\
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example.org
mydestination = localhost
inet_interfaces = loopback-only
alias_maps =
alias_database =
local_recipient_maps =
mailbox_command =
home_mailbox = mbox
mailbox_delivery_lock = fcntl, dotlock
mailbox_size_limit = 0
message_size_limit = 10240000
deliver_lock_attempts = 3
deliver_lock_delay = 1s
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
maillog_file_prefixes = {base}
maillog_file = {base}/log
"""
MASTER = """\
pickup  unix       n - n 1    1    pickup
cleanup unix       n - n -    0    cleanup
qmgr    unix       n - n 1    1    qmgr
rewrite unix       - - n -    -    trivial-rewrite
bounce  unix       - - n -    0    bounce
defer   unix       - - n -    0    bounce
trace   unix       - - n -    0    bounce
flush   unix       n - n 1000? 0   flush
proxymap unix      - - n -    -    proxymap
error   unix       - - n -    -    error
retry   unix       - - n -    -    error
local   unix       - n n -    -    local
postlog unix-dgram n - n -    1    postlogd
"""
WAITING = ("maildrop", "incoming", "active", "deferred")
PATIENCE_S = 900


def is_there():
    try:
        pwd.getpwnam("postfix")
    except KeyError:
        return False
    return shutil.which("postfix") is not None


class Postfix:
    def __init__(self, base):
        self.base = Path(base)

    def run(self, *arguments, **more):
        return subprocess.run([str(argument) for argument in arguments], check=True, capture_output=True, **more)

    def __enter__(self):
        owner = pwd.getpwnam("postfix")
        for folder in (self.base, self.base / "etc", self.base / "queue", self.base / "data"):
            folder.mkdir()
            folder.chmod(0o755)
        os.chown(self.base / "data", owner.pw_uid, owner.pw_gid)
        (self.base / "etc" / "main.cf").write_text(MAIN.format(base=self.base))
        (self.base / "etc" / "master.cf").write_text(MASTER)
        self.run("postfix", "-c", self.base / "etc", "start")
        return self

    def send(self, user, message):
        self.run("/usr/sbin/sendmail", "-C", self.base / "etc", "-i", "-f", "a@example.org", f"{user}@localhost",
                 input=message)

    def waiting(self):
        """Messages that are not delivered yet."""
        return sum(len(files) for name in WAITING for _, _, files in os.walk(self.base / "queue" / name))

    def log(self):
        log = self.base / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    def __exit__(self, *_):
        subprocess.run(["postfix", "-c", self.base / "etc", "stop"], capture_output=True, check=False)


class PostfixDelivery(threading.Thread):
    """So many messages through the queue, a few of them in it at a time."""

    kind = "postfix"

    def __init__(self, postfix, user, messages):
        super().__init__(daemon=True)
        self.postfix, self.user, self.messages = postfix, user, messages
        self.delivered, self.fault, self.is_over = [], None, False

    def wait(self, most):
        deadline = time.monotonic() + PATIENCE_S
        while self.postfix.waiting() > most and not self.is_over:
            if time.monotonic() > deadline:
                raise TimeoutError("Postfix does not deliver")
            time.sleep(0.02)

    def run(self):
        try:
            for name, message in self.messages:
                if self.is_over:
                    return
                self.postfix.send(self.user, message)
                self.delivered.append(name)
                self.wait(5)
            self.wait(0)
        except (OSError, subprocess.CalledProcessError) as fault:
            self.fault = f"postfix: {fault}\n{self.postfix.log()[-2000:]}"

    def end(self):
        """Also where the test was interrupted."""
        self.is_over = True
        self.join()
