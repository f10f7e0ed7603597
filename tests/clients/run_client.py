"""Starts a client program in a folder of its own, with nothing of the caller's environment."""
import subprocess

from harness.results import Failure
from harness.server import PATIENCE_S


def run_client(arguments, folder, allowed=(0,)):
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, cwd=folder,
                          timeout=4 * PATIENCE_S, stdin=subprocess.DEVNULL,
                          env={"PATH": "/usr/bin:/bin:/usr/sbin", "HOME": str(folder), "LANG": "C.UTF-8"})
    if done.returncode not in allowed:
        raise Failure(f"{arguments[0]} ended with status {done.returncode}:\n"
                      f"{(done.stdout + done.stderr)[-2000:].decode(errors='replace')}")
    return done.stdout
