"""Every example of a maintenance command in restante(8) works as it stands there."""
import re
import shlex
import subprocess
from pathlib import Path

from commands.administrator import expect
from harness.results import Failure
from maintain.expire import configure, left, user

MANUAL = Path(__file__).parents[2] / "docs" / "restante.8"


def examples(command):
    """The command lines that begin so, without quotes and escapes of the manual's own."""
    lines = re.findall(r"^\.Dl restante (.*)$", MANUAL.read_text(), re.M)
    return [shlex.split(line.replace(r"\(dq", '"')) for line in lines if line.split()[0] == command]


def examples_of(command):
    def run(server):
        server.user("alice")
        server.prepare()
        found = examples(command)
        if not found:
            raise Failure(f"restante(8) has no example of {command}")
        for line in found:
            expect(server.command(*line), 0)
    run.__name__ = f"examples_of_{command}"
    return run


def the_line_for_cron(server):
    """Five fields of time, a user, and a command that works."""
    configure(server)
    alice = user(server, "alice", 1, 1)
    server.prepare()
    text = (server.installation.prefix / "share" / "doc" / "restante" / "restante.cron").read_text()
    lines = [line for line in text.splitlines() if line and line[0] not in "#M"]
    fields = lines[0].split(None, 6)
    if len(lines) != 1 or len(fields) != 7 or fields[5] != "root":
        raise Failure(text)
    done = subprocess.run(["/bin/sh", "-c", fields[6].replace("--all", f"--all -c {server.file}")], capture_output=True,
                          text=True, check=False, **server.identity.popen_arguments())
    is_silent = not done.stdout and (not done.stderr or server.installation.is_sanitized)
    if done.returncode != 0 or not is_silent or left(alice) != 1:
        raise Failure(f"status {done.returncode}: {done.stdout}{done.stderr}")


TESTS = (the_line_for_cron, *(examples_of(command) for command in ("expire", "held", "journal", "forget")))
