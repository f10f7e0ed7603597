"""Plays one transcript in one mode against a running server."""
import base64
import socket
import struct
import time

from harness.results import Failure
from harness.server import wait_until
from harness.wire import Wire
from session.transcript import expand, matches, octets

FOLLOWED_BY_SENDING = ("C", "C-", "C1")


class Player:
    def __init__(self, transcript, server, account, mode):
        self.transcript = transcript
        self.server = server
        self.account = account
        self.mode = mode
        self.wires = {}
        self.current = "first"
        self.pending = b""
        self.last = None
        self.saved = {}
        self.ends = 0
        self.log_start = len(server.log())
        self.names = self.make_names()

    def make_names(self):
        account = self.account
        return {"user": account.name, "pass": account.secret, "maildrop": str(account.maildrop.path),
                "home": str(account.home), "plain": plain(f"\0{account.name}\0{account.secret}"),
                "plain_authzid": plain(f"{account.name}\0{account.name}\0{account.secret}"),
                "plain_foreign": plain(f"somebody\0{account.name}\0{account.secret}"),
                "plain_wrong": plain(f"\0{account.name}\0not-{account.secret}"),
                "login_user": plain(account.name), "login_pass": plain(account.secret),
                "login_wrong": plain(f"not-{account.secret}"), "upper": account.name.upper()}

    @property
    def wire(self):
        if self.current not in self.wires:
            self.wires[self.current] = Wire(self.server, self.mode)
        return self.wires[self.current]

    def flush(self):
        """What was gathered goes out in one segment: that is how pipelining is written down."""
        if self.pending:
            octets_now, self.pending = self.pending, b""
            try:
                self.wire.send(octets_now)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the next expectation tells what is wrong

    def play(self):
        try:
            for number, word, text in self.transcript.steps:
                try:
                    self.step(word, expand(text, self.names))
                except (Failure, EOFError, OSError) as fault:
                    raise Failure(f"line {number}: {word}: {text}\n{fault}") from None
        finally:
            for wire in self.wires.values():
                wire.close()

    def step(self, word, text):
        if word not in FOLLOWED_BY_SENDING:
            self.flush()
        getattr(self, "step_" + STEP_NAMES.get(word, word.replace("-", "_")))(text)

    def step_line(self, text):
        self.pending += octets(text) + b"\r\n"

    def step_raw(self, text):
        self.pending += octets(text)

    def step_slowly(self, text):
        """One octet a segment."""
        self.flush()
        for octet in octets(text) + b"\r\n":
            self.wire.send(bytes([octet]))
            time.sleep(0.0005)

    def step_expect(self, text):
        self.last = self.wire.line()
        if not matches(text, self.last):
            raise Failure(f"got {self.last!r}")

    def step_times(self, text):
        """`S-times: 100 +OK*`: so many lines that all match."""
        times, _, pattern = text.partition(" ")
        for _ in range(int(times)):
            self.step_expect(pattern)

    def step_rest(self, _text):
        self.last = b"\r\n".join(self.wire.multiline())

    def step_greeting(self, text):
        if not matches(text, self.wire.greeting):
            raise Failure(f"got {self.wire.greeting!r}")

    def step_login(self, _text):
        self.wire.login(self.account)

    def step_tls(self, _text):
        self.wire.begin_tls()

    def step_close(self, _text):
        self.wire.expect_close()

    def step_half_close(self, _text):
        self.wire.half_close()

    def step_reset(self, _text):
        wire = self.wires.pop(self.current)
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.close()

    def step_disconnect(self, _text):
        self.wires.pop(self.current).close()

    def step_connect(self, _text):
        if self.current in self.wires:
            self.step_disconnect("")
        self.wires[self.current] = Wire(self.server, self.mode)

    def step_use(self, text):
        self.current = text

    def step_save(self, text):
        self.saved[text] = self.last

    def step_same(self, text):
        if self.saved[text] != self.last:
            raise Failure(f"{self.saved[text]!r} before, {self.last!r} now")

    def step_files(self, text):
        wanted, found = sorted(text.split()), self.account.maildrop.files()
        if wanted != found:
            raise Failure(f"the maildrop holds {found}")

    def step_mbox(self, text):
        """The whole file."""
        found = self.account.maildrop.path.read_bytes()
        if found != octets(text):
            raise Failure(f"the mailbox holds {found!r}")

    def step_rewrite(self, text):
        """As a mail program does that stores the file anew."""
        self.account.maildrop.path.write_bytes(octets(text))

    def step_append(self, text):
        self.account.maildrop.append(octets(text))

    def step_wait(self, text):
        """Seconds: until a time that the policy has to be over is over."""
        time.sleep(float(text))

    def step_unchanged(self, text):
        """`unchanged: now` for a message that kept its name, `unchanged: now was` for one that was renamed."""
        now, *was = text.split()
        maildrop = self.account.maildrop
        if maildrop.read(now) != maildrop.stored[was[0] if was else now]:
            raise Failure("the stored octets are others")

    def step_content(self, text):
        """`content: path octets` of any file below the Maildir."""
        name, _, wanted = text.partition(" ")
        found = self.account.maildrop.read(name)
        if found != octets(wanted):
            raise Failure(f"{name} holds {found!r}")

    def new_log(self):
        return self.server.log()[self.log_start:]

    def log_has(self, pattern):
        return any(matches(pattern, line.encode()) for line in self.new_log().splitlines())

    def step_log(self, text):
        try:
            wait_until(lambda: self.log_has(text), "a line in the log")
        except Failure as fault:
            raise Failure(f"{fault}; it holds:\n{self.new_log()}") from None

    def step_no_log(self, text):
        if self.log_has(text):
            raise Failure("this is in the log")

    def step_await_end(self, text):
        """So many sessions of this account have ended, one more than at the last time when no number is given: needed
        before looking at what a lost connection left."""
        self.ends = int(text) if text else self.ends + 1
        pattern = f"*event=session_end*user={self.account.name} *"
        wait_until(lambda: sum(matches(pattern, line.encode()) for line in self.new_log().splitlines()) >= self.ends,
                   f"the end of session {self.ends} in the log")


def plain(message):
    return base64.b64encode(message.encode()).decode()


STEP_NAMES = {"C": "line", "C-": "raw", "C1": "slowly", "S": "expect", "S...": "rest", "S-times": "times"}
