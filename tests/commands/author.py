"""What a module author and a reader of the manual rely on: the guide's driver, the headers, the man pages."""
import re
import shutil
import subprocess
from pathlib import Path

from harness.results import Failure
from harness.wire import Wire

DOCS = Path(__file__).resolve().parents[2] / "docs"
CODE = re.compile(r"^```c\n(.*?)^```$", re.S | re.M)
FLAGS = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-z,defs",
         "-Wl,-z,now"]


def run(arguments):
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{arguments[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def guide_driver_logs_in(server):
    """The driver of docs/modules.md compiles against the installed headers alone and is used."""
    code = CODE.search((DOCS / "modules.md").read_text())
    if not code:
        raise Failure("docs/modules.md holds no driver")
    modules = server.base / "modules"
    (modules / "auth").mkdir(parents=True)
    shutil.copytree(server.installation.modules / "storage", modules / "storage")
    source = server.base / "single.c"
    source.write_text(code.group(1))
    run(["cc", *FLAGS, "-I", server.installation.prefix / "include", source, "-o", modules / "auth" / "single.so"])
    account = server.account("me")
    server.conf_lines += [f'module_path = {{ "{modules}" }}', 'auth = { driver = "single", user = "me", '
                          f'secret = "secret", uid = {account.uid}, gid = {account.gid}, home = "{account.home}" }}']
    account.maildrop.store("new/1000000001.a", b"one\n")
    with server:
        wire = Wire(server, "plain")
        wire.login(account)
        if wire.ok("STAT") != b"+OK 1 5":
            raise Failure("the mailbox is not the one that was stored")
        wire.ok("QUIT")


def pkg_config_names_the_headers(server):
    prefix = server.installation.prefix
    flags = subprocess.run(["pkg-config", "--cflags", prefix / "lib" / "pkgconfig" / "restante.pc"],
                           capture_output=True, text=True, check=True).stdout
    if f"-I{prefix}/include" not in flags:
        raise Failure(f"pkg-config says {flags!r}")


def manual_pages_are_clean(_server):
    for page in ("restante.8", "restante.conf.5"):
        out = run(["mandoc", "-T", "lint", "-W", "warning", DOCS / page])
        if out:
            raise Failure(out)


TESTS = (guide_driver_logs_in, pkg_config_names_the_headers, manual_pages_are_clean)
