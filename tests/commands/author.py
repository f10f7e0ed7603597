"""What a module author and a reader of the manual rely on: the guide's driver, the headers, the man pages."""
import re
import subprocess
from pathlib import Path

from harness import modules
from harness.results import Failure
from harness.wire import Wire

DOCS = Path(__file__).resolve().parents[2] / "docs"
CODE = re.compile(r"^```c\n(.*?)^```$", re.S | re.M)


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
    source = server.base / "single.c"
    source.write_text(code.group(1))
    modules.build(server, "auth", source, "single", ["-std=c11"])
    account = server.account("me")
    server.conf_lines.append('auth = { driver = "single", user = "me", secret = "secret", '
                             f'uid = {account.uid}, gid = {account.gid}, home = "{account.home}" }}')
    account.maildrop.store("new/1000000001.a", b"one\n")
    with server:
        wire = Wire(server, "plain")
        wire.login(account)
        if wire.ok("STAT") != b"+OK 1 5":
            raise Failure("the mailbox is not the one that was stored")
        wire.ok("QUIT")


def guide_policy_refuses(server):
    """The policy of docs/modules.md, built likewise: it keeps the large message and lets the small one go."""
    code = [text for text in CODE.findall((DOCS / "modules.md").read_text()) if "restante/policy.h" in text]
    if len(code) != 1:
        raise Failure("docs/modules.md holds no policy, or several")
    source = server.base / "keep-large.c"
    source.write_text(code[0])
    modules.build(server, "policy", source, "keep-large", ["-std=c11"])
    account = server.account("me")
    server.conf_lines.append('policy = { driver = "keep-large", from = "1K" }')
    account.maildrop.store("new/1000000001.a", b"small\n")
    account.maildrop.store("new/1000000002.b", b"large\n" * 1000)
    with server:
        wire = Wire(server, "plain")
        wire.login(account)
        wire.ok("DELE 1")
        refusal = wire.command("DELE 2")
        if refusal != b"-ERR [SYS/PERM] large messages are kept":
            raise Failure(f"DELE of the large message got {refusal!r}")
        wire.ok("QUIT")
    if account.maildrop.files() != ["new/1000000002.b"]:
        raise Failure(f"the maildrop holds {account.maildrop.files()}")


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


def configuration_examples(folder):
    """Every configuration that the documents show: one that names storage, or policies. Others are parts to be added."""
    manual = (folder / "docs" / "restante.conf.5").read_text().replace("\\&", "").replace("\\-", "-")
    for block in (*re.findall(r"^```lua\n(.*?)^```$", (folder / "README.md").read_text(), re.S | re.M),
                  *re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", manual, re.S | re.M)):
        if re.search(r"^(storage|policy)\s*=", block, re.M):
            yield block


# What an example may leave out that shows one setting alone.
REST_OF_A_CONFIGURATION = {
    "auth": 'auth = {{ driver = "file", path = "{base}/users" }}',
    "storage": 'storage = {{ driver = "maildir", path = "~/Maildir" }}',
    "tls": 'tls = {{ certificate = "{base}/cert.pem", key = "{base}/key.pem" }}',
}


def documented_configurations_are_right(server):
    """With their paths put below a folder of ours, and where the programs are, they have no faults."""
    server.prepare()
    examples = list(configuration_examples(DOCS.parent))
    if len(examples) < 8 or sum("policy" in text for text in examples) < 3:
        raise Failure("the documents show fewer configurations than they did")
    for name, text in (("mine.lua", 'return { api = 1, name = "mine" }\n'), ("offices", "192.0.2.0/24 # one\n")):
        (server.base / name).write_text(text)
    server.give_all()
    for text in examples:
        text = re.sub(r'(certificate\s*=\s*)"[^"]*"', rf'\1"{server.base}/cert.pem"', text)
        text = re.sub(r'(key\s*=\s*)"[^"]*"', rf'\1"{server.base}/key.pem"', text)
        text = re.sub(r'(path\s*=\s*)"[^"]*/users[^"]*"', rf'\1"{server.base}/users"', text)
        # A PAM service that every Debian has, and no more rights than this test's.
        text = re.sub(r'service = "restante"', 'service = "login"', text)
        text = text.replace("run_as_root = true", f"run_as_root = {'true' if server.identity.is_root else 'false'}")
        text = re.sub(r'(uid|gid)(\s*=\s*)("[a-z]+"|\d+)', rf"\1\2 2000", text)
        text = re.sub(r'(script = )"/[^"]*"', rf'\1"{server.base}/mine.lua"', text)
        text = re.sub(r'from @/[^" ]*', f"from @{server.base}/offices", text)
        for key, line in REST_OF_A_CONFIGURATION.items():
            if not re.search(rf"^{key}\b", text, re.MULTILINE):
                text += "\n" + line.format(base=server.base)
        server.file.write_text(f'{text}\nprogram_path = "{server.installation.programs}"\n'
                               f'module_path = {{ "{server.installation.modules}" }}\n')
        done = server.command("check")
        if done.returncode != 0:
            raise Failure(f"{done.stdout}{done.stderr}\nfor:\n{text}")


TESTS = (documented_configurations_are_right, guide_driver_logs_in, guide_policy_refuses,
         pkg_config_names_the_headers, manual_pages_are_clean)
