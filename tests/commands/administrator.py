"""check, config, modules, passwd and serve, as the administrator types them."""
import os
import subprocess

from harness.results import Failure
from harness.wire import Wire

EXIT_USAGE, EXIT_CONFIG = 64, 78


def expect(done, status, *texts):
    out = done.stdout + done.stderr
    if done.returncode != status:
        raise Failure(f"status {done.returncode}, expected {status}:\n{out}")
    for text in texts:
        if text not in out:
            raise Failure(f"{text!r} is missing in:\n{out}")


def check_without_faults(server):
    """It says so, and leaves no trace."""
    server.account("alice")
    server.prepare()
    before = sorted(server.base.rglob("*"))
    expect(server.command("check"), 0, "no faults")
    if sorted(server.base.rglob("*")) != before:
        raise Failure("check has made files")


def check_names_key_line_and_spelling(server):
    server.conf_lines.append('hostnam = "x"')
    server.prepare()
    line = server.file.read_text().splitlines().index('hostnam = "x"') + 1
    expect(server.command("check"), EXIT_CONFIG, f"restante.conf:{line}:", "hostnam", "hostname")


def check_says_everything(server):
    """Not only the first fault."""
    server.conf_lines += ['failure_delay = "soon"', "frontends = -1"]
    server.prepare()
    expect(server.command("check"), EXIT_CONFIG, "failure_delay", "frontends")


def serve_refuses_a_wrong_configuration(server):
    server.conf_lines.append('isolation = "none"')
    server.prepare()
    expect(server.command("serve"), EXIT_CONFIG, "isolation")


def key_of_another_certificate(server):
    server.prepare()
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", server.base / "key.pem"], check=True,
                   capture_output=True)
    server.give_all()
    expect(server.command("check"), EXIT_CONFIG, "tls.key")


def driver_that_does_not_exist(server):
    server.conf_lines.append('storage = { driver = "maildri", path = "~/Maildir" }')
    server.prepare()
    expect(server.command("check"), EXIT_CONFIG, "maildri")


def users_that_others_can_write(server):
    server.account("alice")
    server.prepare()
    (server.base / "users").chmod(0o666)
    expect(server.command("check"), EXIT_CONFIG, "users")
    if server.identity.is_root:
        (server.base / "users").chmod(0o600)
        expect(server.command("check"), EXIT_CONFIG, "its group, not root's, must be able to read it")


def config_prints_settings_and_origin(server):
    server.prepare()
    expect(server.command("config"), 0, "mail.example.org", "plaintext_auth", "default", "mark_seen")


def modules_are_listed(server):
    server.prepare()
    expect(server.command("modules"), 0, "storage  maildir", "auth     file", "policy   lua", "policy   access", "ABI")


def text_file_is_no_module(server):
    """A module that does not fit is refused with a sentence, and nothing is served with it."""
    modules = server.base / "modules"
    for kind in ("storage", "auth", "policy"):
        (modules / kind).mkdir(parents=True)
    (modules / "storage" / "maildir.so").write_text("no module\n")
    (modules / "policy" / "access.so").write_text("no module\n")
    server.conf_lines.append(f'module_path = {{ "{modules}" }}')
    server.conf_lines.append('policy = { driver = "access", rules = "allow *" }')
    server.prepare()
    line = server.file.read_text().splitlines().index(server.conf_lines[-1]) + 1
    expect(server.command("check"), EXIT_CONFIG, "maildir.so",
           f"restante.conf:{line}: policy.1.driver: {modules}/policy/access.so")
    done = server.command("modules")
    for module in ("storage/maildir.so", "policy/access.so"):
        expect(done, 0, f"refused  {modules}/{module}: the file is no module")


def passwd_hash_opens_the_mailbox(server):
    done = subprocess.run([server.installation.command, "passwd"], input="pass word\n", capture_output=True, text=True,
                          check=True)
    account = server.account("alice")
    hashed = done.stdout.strip()
    account.line = lambda: f"alice:{hashed}:{account.uid}:{account.gid}::{account.home}::\n"
    with server:
        wire = Wire(server, "tls")
        wire.ok("USER alice")
        wire.ok("PASS pass word")
        wire.ok("QUIT")


def changed_users_are_seen(server):
    """A new account works without a restart; one that was removed no longer does."""
    alice = server.account("alice")
    with server:
        wire = Wire(server, "plain")
        wire.login(alice)
        wire.ok("QUIT")
        bob = server.account("bob")
        del server.accounts["alice"]
        server.write_users()
        wire = Wire(server, "plain")
        wire.login(bob)
        wire.ok("QUIT")
        wire = Wire(server, "plain")
        wire.ok("USER alice")
        if not wire.command("PASS secret").startswith(b"-ERR [AUTH]"):
            raise Failure("a removed account still logs in")


def owners_below_the_minimum_are_refused(server):
    """Nobody's mail is served as a system account."""
    account = server.account("alice")
    account.line = lambda: f"alice:{{PLAIN}}secret:{os.getuid() and 1}:1::{account.home}::\n"
    with server:
        wire = Wire(server, "plain")
        wire.ok("USER alice")
        if wire.command("PASS secret").startswith(b"+OK"):
            raise Failure("mail of uid 0 or 1 was opened")


def ports_in_use(server):
    with server:
        expect(server.command("serve"), EXIT_CONFIG, str(server.plain_port))


def usage(server):
    for arguments in ([], ["frobnicate"], ["serve", "-x"], ["serve", "too", "many"]):
        done = subprocess.run([server.installation.command, *arguments], capture_output=True, text=True, check=False)
        expect(done, EXIT_USAGE, "usage:")
    done = subprocess.run([server.installation.command, "help"], capture_output=True, text=True, check=False)
    expect(done, 0, "usage:")


TESTS = (check_without_faults, check_names_key_line_and_spelling, check_says_everything,
         serve_refuses_a_wrong_configuration, key_of_another_certificate, driver_that_does_not_exist,
         users_that_others_can_write, config_prints_settings_and_origin, modules_are_listed, text_file_is_no_module,
         passwd_hash_opens_the_mailbox, changed_users_are_seen, owners_below_the_minimum_are_refused, ports_in_use,
         usage)
