"""The setting `confinement` where something is missing: a kernel without Landlock, a build with sanitizers."""
import copy
import subprocess
from pathlib import Path

from harness.results import Failure
from harness.server import Server
from harness.wire import Wire

SOURCE = Path(__file__).resolve().parent / "probes" / "without_landlock.c"
EXIT_CONFIG = 78
ROOMS = ("frontend", "auth", "auth-worker", "nursery")


def without_landlock(installation, base):
    """The same programs, started on what looks like an older kernel."""
    base.mkdir()
    base.chmod(0o755)
    helper = base / "without_landlock"
    subprocess.run(["cc", "-o", helper, SOURCE, "-lseccomp"], check=True)
    command = base / "restante"
    command.write_text(f'#!/bin/sh\nexec {helper} {installation.command} "$@"\n')
    command.chmod(0o755)
    older = copy.copy(installation)
    older.command = command
    return older


def expect(done, status, *texts):
    out = done.stdout + done.stderr
    for text in texts:
        if done.returncode != status or text not in out:
            raise Failure(f"status {done.returncode}, expected {status} and {text!r}:\n{out}")


def required_and_missing(installation, identity):
    older = without_landlock(installation, installation.base / f"older-{identity.name}")
    for wish in ("require", "try"):
        server = Server(older, installation.base / f"older-{identity.name}-{wish}", identity,
                        [f'confinement = "{wish}"'])
        account = server.account("alice")
        server.prepare()
        if wish == "require":
            for command in ("check", "serve"):
                expect(server.command(command), EXIT_CONFIG, 'confinement = "require": this kernel has no Landlock')
            continue
        expect(server.command("check"), 0, "no_new_privs, limits, seccomp, no Landlock", "no faults")
        with server:
            Wire(server, "tls").login(account)
            log = server.log()
        for room in ROOMS:
            lines = [line for line in log.splitlines() if f" warn {room}[" in line and "has no Landlock" in line]
            if not lines:
                raise Failure(f"{room} does not say that Landlock is missing:\n{log}")


def check_says_what_is_in_force(installation, identity):
    server = Server(installation, installation.base / f"confined-{identity.name}", identity,
                    ['confinement = "require"'])
    server.account("alice")
    server.prepare()
    expect(server.command("check"), 0, *(f"{room:12} no_new_privs, limits, seccomp, Landlock" for room in ROOMS))
    server.conf_lines[0] = 'confinement = "off"'
    server.prepare()
    expect(server.command("check"), 0, *(f"{room:12} no_new_privs, nothing else" for room in ROOMS))


def sanitized_builds_say_so(installation, identity):
    """They cannot be confined: required, they do not start."""
    server = Server(installation, installation.base / f"sanitized-{identity.name}", identity,
                    ['confinement = "require"'])
    server.account("alice")
    server.prepare()
    expect(server.command("check"), EXIT_CONFIG, "was built with sanitizers and cannot be confined")


TESTS = (required_and_missing, check_says_what_is_in_force)
SANITIZED_TESTS = (sanitized_builds_say_so,)
