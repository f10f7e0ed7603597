"""Starts a client program in a folder of its own, with nothing of the caller's environment."""
import os
import pty
import select
import subprocess

from harness.results import Failure
from harness.server import PATIENCE_S


def clean_environment(folder, more=None):
    return {"PATH": "/usr/bin:/bin:/usr/sbin", "HOME": str(folder), "LANG": "C.UTF-8", **(more or {})}


def expect_status(arguments, status, said, allowed):
    if status not in allowed:
        raise Failure(f"{arguments[0]} ended with status {status}:\n{said[-2000:].decode(errors='replace')}")


def run_client(arguments, folder, allowed=(0,), given=b"", environment=None):
    """What it writes on its standard output; `given` is its standard input."""
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, cwd=folder, input=given,
                          timeout=4 * PATIENCE_S, env=clean_environment(folder, environment))
    expect_status(arguments, done.returncode, done.stdout + done.stderr, allowed)
    return done.stdout


def run_client_on_terminal(arguments, folder):
    """For programs that want a screen."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([str(argument) for argument in arguments], stdin=theirs, stdout=theirs, stderr=theirs,
                               cwd=folder, env=clean_environment(folder, {"TERM": "xterm"}), start_new_session=True)
    os.close(theirs)
    said = b""
    try:
        said = drain(ours)
        expect_status(arguments, process.wait(PATIENCE_S), said, (0,))
    except subprocess.TimeoutExpired:
        raise Failure(f"{arguments[0]} did not end; it said:\n{said[-2000:].decode(errors='replace')}") from None
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def drain(terminal):
    """All that is written until the other end is closed, or nothing more comes."""
    said = b""
    while select.select([terminal], [], [], PATIENCE_S)[0]:
        try:
            said += os.read(terminal, 65536)
        except OSError:
            break
    return said
