"""Every example of a maintenance command in restante(8) works as it stands there."""
import re
import shlex
from pathlib import Path

from commands.administrator import expect
from harness.results import Failure

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


TESTS = tuple(examples_of(command) for command in ("journal", "forget"))
