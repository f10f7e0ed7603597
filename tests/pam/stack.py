"""Logins through the real PAM: pam_unix with a user made for the test, as root."""
import os
import pwd
import subprocess
from pathlib import Path

from harness.results import Failure
from harness.server import Server
from harness.wire import MODES, Wire

UNIX = "auth required pam_unix.so\naccount required pam_unix.so\n"


def run(*arguments, **more):
    subprocess.run([str(argument) for argument in arguments], check=True, capture_output=True, **more)


class SystemUser:
    """A user of this system, with a Maildir at home; gone when the test is over."""

    def __init__(self, name, base, secret="open sesame"):
        self.name = name
        self.secret = secret
        self.home = Path(base) / "homes" / name

    def __enter__(self):
        self.home.parent.mkdir(parents=True, exist_ok=True)
        run("useradd", "--no-log-init", "--user-group", "--create-home", "--home-dir", self.home, "--shell",
            "/bin/bash", self.name)
        run("chpasswd", input=f"{self.name}:{self.secret}\n".encode())
        entry = pwd.getpwnam(self.name)
        for folder in ("Maildir", "Maildir/tmp", "Maildir/new", "Maildir/cur"):
            (self.home / folder).mkdir(mode=0o700)
            os.chown(self.home / folder, entry.pw_uid, entry.pw_gid)
        message = self.home / "Maildir/new/1000000001.a"
        message.write_bytes(b"Subject: for " + self.name.encode() + b"\n\ntext\n")
        os.chown(message, entry.pw_uid, entry.pw_gid)
        return self

    def __exit__(self, *_):
        run("userdel", "--remove", self.name)


def make_server(installation, identity, name, service, more=""):
    base = installation.base / f"pam-{identity.name}-{name}"
    # The service's folder has to be known before the server's own folder is made.
    services = installation.base / f"pam-{identity.name}-{name}-services"
    services.mkdir()
    services.chmod(0o755)
    (services / "restante").write_text(service)
    root = "true" if identity.is_root else "false"
    minimum = 1000 if identity.is_root else 1
    return Server(installation, base, identity, [
        f'auth = {{ driver = "pam", directory = "{services}", minimum_uid = {minimum}, run_as_root = {root}{more} }}'])


def try_login(server, user, secret, mode="plain"):
    """The reply to PASS, and the connection."""
    wire = Wire(server, mode)
    wire.ok(f"USER {user}")
    return wire.command(f"PASS {secret}"), wire


def expect(server, user, secret, start, log):
    reply, wire = try_login(server, user, secret)
    wire.close()
    if not reply.startswith(start):
        raise Failure(f"{user}: expected {start!r}, got {reply!r}")
    server.wait_for_log(log)
    if secret and secret in server.log():
        raise Failure("a password is in the log")


def unix_users_read_their_mail(installation, identity):
    """pam_unix, the shadow file, and the mail at home, in all three ways to connect."""
    with SystemUser(f"rpam{os.getpid()}a", installation.base) as user, \
            make_server(installation, identity, "unix", UNIX) as server:
        for mode in MODES:
            reply, wire = try_login(server, user.name, user.secret, mode)
            if not reply.startswith(b"+OK"):
                raise Failure(f"{mode}: {reply!r}\n{server.log()}")
            wire.ok("RETR 1")
            lines = wire.multiline()
            if lines[0] != b"Subject: for " + user.name.encode():
                raise Failure(f"this is somebody else's mail: {lines!r}")
            wire.ok("QUIT")
            wire.close()
        expect(server, user.name, "wrong one", b"-ERR [AUTH]", "wrong secret")
        expect(server, "no-such-user-here", "wrong one", b"-ERR [AUTH]", "result=denied")
        expect(server, "root", "wrong one", b"-ERR [AUTH]", "result=denied")


def locked_and_expired_are_denied(installation, identity):
    """The right password of an account that is locked, expired, or due for a new password; the log says which."""
    steps = ((("usermod", "-L"), ("usermod", "-U"), "wrong secret"),
             (("chage", "-E", "0"), ("chage", "-E", "-1"), "the account has expired"),
             (("chage", "-d", "0"), ("chage", "-d", "2026-01-01"), "the password has expired"))
    with SystemUser(f"rpam{os.getpid()}b", installation.base) as user, \
            make_server(installation, identity, "expired", UNIX) as server:
        for before, after, log in steps:
            run(*before, user.name)
            expect(server, user.name, user.secret, b"-ERR [AUTH]", log)
            run(*after, user.name)
        reply, wire = try_login(server, user.name, user.secret)
        if not reply.startswith(b"+OK"):
            raise Failure(f"the account is in order again, but: {reply!r}\n{server.log()}")
        wire.close()


def rules_deny_whom_pam_accepts(installation, identity):
    with SystemUser(f"rpam{os.getpid()}c", installation.base) as user:
        for name, more, log in (("shells", ', shells = { "/bin/zsh" }', "not in shells"),
                                ("groups", ', groups = { "mail" }', "in none of the groups")):
            with make_server(installation, identity, name, UNIX, more) as server:
                expect(server, user.name, user.secret, b"-ERR [AUTH]", log)


def missing_service_does_not_start(installation, identity):
    server = make_server(installation, identity, "missing", UNIX, ', service = "not-there"')
    server.prepare()
    done = server.command("check")
    if done.returncode == 0 or '"not-there" has no file in' not in done.stderr:
        raise Failure(f"status {done.returncode}: {done.stdout}{done.stderr}")


ROOT_TESTS = (unix_users_read_their_mail, locked_and_expired_are_denied, rules_deny_whom_pam_accepts)
TESTS = (missing_service_does_not_start,)
