"""The setting `policy`: what refuses the start and the reload, and what CAPA announces before login."""
import os
import pwd

from harness.results import Failure
from harness.server import wait_until
from harness.wire import Wire
from rooms.killed import kill
from rooms.life import make_server
from rooms.processes import pids
from rooms.reload import expect_refused, expect_reloaded

EXIT_CONFIG = 78
SILENT = 'return { api = 1, name = "silent" }\n'
TALKATIVE = '''local p = { api = 1, name = "talkative", settings = { keep = { type = "duration", default = "30d" } } }
function p.announce()
  return { expire = p.settings.keep, expire_differs = true, login_delay = 60 }
end
return p
'''


def script(server, name, text, mode=0o644):
    """A policy's file, which belongs to whoever starts the server."""
    path = server.base / name
    path.write_text(text)
    path.chmod(mode)
    os.chown(path, server.identity.uid, server.identity.gid)
    return path


def policy_line(*items):
    return f"policy = {{ {', '.join('{ ' + item + ' }' for item in items)} }}"


def set_policies(server, *items):
    """In the file of a server that may be running: a line of its own."""
    lines = [line for line in server.file.read_text().splitlines() if not line.startswith("policy = ")]
    server.file.write_text("\n".join([*lines, *([policy_line(*items)] if items else [])]) + "\n")
    return len(lines) + 1


def wrong_policies(server):
    """The items of a list, and what has to be said about them, with {line} for the line of the list."""
    silent = script(server, "silent.lua", SILENT)
    script(server, "broken.lua", "return {\n  api = 1,\n  dele = function( end,\n}\n")
    script(server, "unknown.lua", "return { api = 1, deel = function() end }\n")
    script(server, "writable.lua", SILENT, 0o666)
    yield [f'script = "{server.base}/broken.lua"'], ":{line}: policy.1.script: policy broken, line 3: "
    yield [f'script = "{server.base}/unknown.lua"'], 'did you mean "dele"?'
    yield [f'script = "{server.base}/absent.lua"'], f":{{line}}: policy.1.script: {server.base}/absent.lua cannot be read"
    yield [f'script = "{server.base}/writable.lua"'], "writable.lua could be written by others than root and the account"
    yield (['script = "read-only", txet = "no"'],
           ':{line}: policy.1.txet: there is no such setting; did you mean "text"?')
    yield ['script = "login-pacing", every = "soon"'], ':{line}: policy.1.every: is "soon", but must be'
    yield ['scirpt = "read-only"'], ":{line}: policy.1.script: is missing"
    yield [f'script = "{silent}"', 'driver = "absent"'], ':{line}: policy.2.driver: there is no policy module "absent"'
    yield [f'script = "{silent}"', f'script = "{silent}"'], ':{line}: policy.2: the policy is called "silent" like one'
    if server.identity.is_root:
        foreign = script(server, "foreign.lua", SILENT)
        os.chown(foreign, pwd.getpwnam("mail").pw_uid, 0)
        yield [f'script = "{foreign}"'], "foreign.lua could be written by others than root and the account"
        secret = script(server, "secret.lua", SILENT, 0o600)
        yield [f'script = "{secret}"'], "secret.lua cannot be read: Permission denied"


def policies_that_do_not_load(installation, identity):
    """Each refuses start and reload with the same sentence, and a running server stays as it is."""
    server, account = make_server(installation, identity, "wrong-policies")
    server.prepare()
    wrong = []
    for items, text in wrong_policies(server):
        text = text.format(line=set_policies(server, *items))
        for command in ("check", "config", "serve"):
            done = server.command(command)
            out = done.stdout + done.stderr
            if done.returncode != EXIT_CONFIG or text not in out:
                raise Failure(f"{command} ended with {done.returncode}, expected {text!r} in:\n{out}")
        wrong.append((items, text))
    with server:
        nursery = pids(server, "nursery")
        for items, text in wrong:
            set_policies(server, *items)
            done = server.command("reload")
            if done.returncode == 0 or text not in done.stdout + done.stderr:
                raise Failure(f"restante reload ended with {done.returncode}:\n{done.stdout}{done.stderr}")
            server.wait_for_log(text.replace('"', '\\"'))
        if "logins fail until" in server.log():
            raise Failure("rooms that never served make a noise about their end")
        wait_until(lambda: pids(server, "nursery") == nursery, "the nursery that there was, and no other")
        wire = Wire(server, "plain")
        wire.login(account)
        wire.ok("QUIT")


def announced(server):
    """EXPIRE and LOGIN-DELAY as CAPA gives them before login."""
    wire = Wire(server, "plain")
    wire.ok("CAPA")
    lines = [line.decode() for line in wire.multiline()]
    wire.ok("QUIT")
    return [line for line in lines if line.startswith(("EXPIRE", "LOGIN-DELAY"))]


def expect_announced(server, *lines):
    found = announced(server)
    if found != list(lines):
        raise Failure(f"CAPA announces {found}, expected {list(lines)}")


def announcements_before_login(installation, identity):
    """What policies promise reaches every frontend: at the start, after a reload, and when a new nursery says it."""
    server, _ = make_server(installation, identity, "announced")
    with server:
        talkative, silent = script(server, "talkative.lua", TALKATIVE), script(server, "silent.lua", SILENT)
        expect_announced(server, "EXPIRE NEVER")
        set_policies(server, f'script = "{silent}"')
        expect_reloaded(server)
        expect_announced(server, "EXPIRE NEVER")
        set_policies(server, f'script = "{silent}"', f'script = "{talkative}"')
        expect_reloaded(server)
        for _ in range(4):  # there are two frontends
            expect_announced(server, "EXPIRE 30 USER", "LOGIN-DELAY 60")
        # The smallest EXPIRE and the largest LOGIN-DELAY of all.
        set_policies(server, f'script = "{talkative}", keep = "47h"', 'script = "login-pacing", every = "10m"',
                     f'script = "{talkative}", name = "again"')
        expect_reloaded(server)
        expect_announced(server, "EXPIRE 1 USER", "LOGIN-DELAY 600")
        # A script that was changed is a new nursery's, and the frontends that serve already hear of it.
        talkative.write_text(TALKATIVE.replace("login_delay = 60", "login_delay = 3600"))
        expect_announced(server, "EXPIRE 1 USER", "LOGIN-DELAY 600")
        kill(server, "nursery")
        wait_until(lambda: announced(server) == ["EXPIRE 1 USER", "LOGIN-DELAY 3600"], "the new announcement")
        kill(server, "frontend")
        wait_until(lambda: len(pids(server, "frontend")) == 2, "the new frontends")
        for _ in range(4):
            expect_announced(server, "EXPIRE 1 USER", "LOGIN-DELAY 3600")
        set_policies(server)
        expect_reloaded(server)
        expect_announced(server, "EXPIRE NEVER")


def expect_dele(wire, answer):
    found = wire.command("DELE 1")
    if not found.startswith(answer):
        raise Failure(f"DELE got {found!r}, expected {answer!r}")


def reload_changes_policies(installation, identity):
    """New sessions have the new ones; one that had begun keeps those that it began with."""
    server, account = make_server(installation, identity, "reload-policies")
    other = server.account("bob")
    other.maildrop.store("new/1000000001.a", b"one\n")
    server.conf_lines.append(policy_line('script = "read-only"'))
    with server:
        before = Wire(server, "plain")
        before.login(account)
        expect_dele(before, b"-ERR [SYS/PERM] this mailbox is read-only")
        set_policies(server, 'script = "read-only", users = { "alice" }')
        expect_reloaded(server)
        after = Wire(server, "tls")
        after.login(other)
        expect_dele(after, b"+OK")
        expect_dele(before, b"-ERR [SYS/PERM]")
        # A reload that is refused changes nothing for anybody.
        set_policies(server, 'script = "read-only", usres = { "alice" }')
        expect_refused(server, "usres")
        after.ok("RSET")
        after.ok("QUIT")
        again = Wire(server, "tls")
        again.login(other)
        expect_dele(again, b"+OK")
        again.ok("QUIT")
        before.ok("QUIT")
    if account.maildrop.files() != ["new/1000000001.a"] or other.maildrop.files():
        raise Failure(f"the maildrops hold {account.maildrop.files()} and {other.maildrop.files()}")


TESTS = (policies_that_do_not_load, announcements_before_login, reload_changes_policies)
