"""Modules made for a test: built as a module's author builds one, and loaded beside those that were installed."""
import os
import shutil
import subprocess
from pathlib import Path

from harness.results import Failure

FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-z,defs", "-Wl,-z,now"]
GATE = Path(__file__).parent / "gate.c"  # a policy that waits when a maildrop opens, in workers without confinement
GNU = ("-std=gnu11", "-D_GNU_SOURCE")


def build(server, kind, source, name, standard=GNU):
    """A copy of the installed modules and one more; the server's configuration gets their path."""
    modules = server.base / "modules"
    if not modules.exists():
        shutil.copytree(server.installation.modules, modules)
        server.conf_lines.append(f'module_path = {{ "{modules}" }}')
    (modules / kind).mkdir(exist_ok=True)
    built = subprocess.run(["cc", *standard, *FLAGS, "-I", server.installation.prefix / "include", source, "-o",
                            modules / kind / f"{name}.so"], capture_output=True, text=True, check=False)
    if built.returncode != 0:
        raise Failure(f"{source} does not build:\n{built.stdout}{built.stderr}")
    if server.identity.uid != os.geteuid():
        for path in (modules, *modules.rglob("*")):
            os.chown(path, server.identity.uid, server.identity.gid, follow_symlinks=False)
