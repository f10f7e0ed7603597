"""The fail2ban filter that is installed, run by fail2ban itself on lines that the server wrote."""
import base64
import os
import re
import shutil
import socket
import subprocess
import threading

from auth.guessing import From, attempt, expect
from harness.results import Failure
from harness.wire import Wire

# Names that would like to be another part of the line.
NAMES = (
    "alice", "with space", 'quote"d', "back\\slash", "back\\", "x peer=192.0.2.66",
    'x" peer=192.0.2.66 mechanism=USER tls=none result=denied reason="', "x\n info auth[1] event=login session=s "
    "user=x peer=192.0.2.66 mechanism=USER tls=none result=denied", "x\r\ninfo auth[1] peer=192.0.2.66", "<HOST>",
    "user=x peer=192.0.2.66 mechanism=USER tls=none result=denied", "\xff\xfe", "=" * 200,
    "Nov 24 15:00:00 mail restante[1]: info auth[1] event=login session=s user=x peer=192.0.2.66 mechanism=USER "
    "tls=none result=denied",
)


def plain(user, secret):
    return base64.b64encode(b"\0" + user.encode("latin-1") + b"\0" + secret.encode()).decode()


def produce(server):
    """Failures from 127.0.1.n, one for each name; successes and what is not checked from 127.0.2.1."""
    for number, name in enumerate(NAMES):
        wire = From(server, f"127.0.1.{number + 1}")
        expect(wire.command("AUTH PLAIN"), b"+ ")  # long names do not fit a command
        expect(wire.command(plain(name, "wrong")), b"-ERR [AUTH]")
        wire.close()
    expect(attempt(server, "alice", "secret", "127.0.2.1"), b"+OK")
    wire = From(server, "127.0.2.1")
    expect(wire.command(f"AUTH PLAIN {plain('alice', 'secret')}"), b"+OK")
    wire.ok("QUIT")
    wire = Wire(server, "tls")  # from 127.0.0.1: the TLS field has a space in it
    wire.ok("USER alice")
    expect(wire.command("PASS wrong"), b"-ERR [AUTH]")
    wire.close()
    return server.wait_for_log('" result=denied reason="wrong secret"')


def matched(server, text, filter_file):
    """The addresses that fail2ban would count, in the order of the lines."""
    log = server.base / "for-fail2ban.log"
    log.write_text(text)
    done = subprocess.run(["fail2ban-regex", "-o", "ip", log, filter_file], capture_output=True, text=True,
                          check=False)
    if done.returncode not in (0, 1):
        raise Failure(f"fail2ban-regex ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.split()


def expect_matched(server, text, filter_file):
    expected = [f"127.0.1.{number + 1}" for number in range(len(NAMES))] + ["127.0.0.1"]
    found = matched(server, text, filter_file)
    if found != expected:
        raise Failure(f"fail2ban found {found}\nin:\n{text}")
    if matched(server, "".join(line for line in text.splitlines(True) if "127.0.2.1" in line), filter_file):
        raise Failure("a success is matched")


def as_syslog_writes(text, stamp):
    return "".join(f"{stamp} mail restante[1234]: {line}\n" for line in text.splitlines() if "event=" in line)


def filter_of(server):
    installed = server.installation.prefix / "share" / "doc" / "restante" / "fail2ban" / "filter.d" / "restante.conf"
    if not installed.exists():
        raise Failure(f"{installed} is not installed")
    return installed


def lines_of_a_file(server):
    server.account("alice")
    with server:
        text = produce(server)
    expect_matched(server, text, filter_of(server))
    # As syslog daemons write them, with the old time stamp and with the new one.
    expect_matched(server, as_syslog_writes(text, "Nov 24 15:00:00"), filter_of(server))
    expect_matched(server, as_syslog_writes(text, "2026-11-24T15:00:00.123456+01:00"), filter_of(server))
    # A refused login that nobody checked is no failure.
    unchecked = re.sub(r"result=denied", "result=refused", text)
    if matched(server, unchecked, filter_of(server)):
        raise Failure("result=refused is matched")


class Syslog(threading.Thread):
    """Where no syslog daemon runs: one that writes to the server's log as they do."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)

    def run(self):
        while record := self.socket.recv(65536):
            match = re.match(rb"<\d+>(\w+ +\d+ [\d:]+) (.*)", record, re.S)
            if match:
                with self.server.log_path.open("ab") as log:
                    log.write(match.group(1) + b" mail " + match.group(2) + b"\n")

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        os.unlink("/dev/log")


def lines_of_syslog(server):
    server.account("alice")
    server.conf_lines.append('log = { destination = "syslog" }')
    syslog = Syslog(server)
    try:
        syslog.start()
        with server:
            text = produce(server)
    finally:
        syslog.close()
    expect_matched(server, text, filter_of(server))


def tests(identity):
    if not shutil.which("fail2ban-regex"):
        return ()
    can_be_syslog = os.geteuid() == 0 and identity.is_root and not os.path.lexists("/dev/log")
    return (lines_of_a_file, lines_of_syslog) if can_be_syslog else (lines_of_a_file,)
