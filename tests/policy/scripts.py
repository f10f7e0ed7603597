"""Scripts that are no policies: the server does not start with them, and a reload leaves what is in force."""
from harness.results import Failure
from harness.server import Server
from harness.wire import Wire
from rooms.reload import expect_refused

GOOD = 'local p = { api = 1 }\nfunction p.dele() return restante.refuse("kept", "SYS/PERM") end\nreturn p\n'
# The script, and what is said of it.
BAD = (
    (b"while true do end\n", ("line 1", "instructions")),
    (b"local s = 'x'\nwhile true do\n  pcall(function() while true do s = s .. s end end)\nend\n", ("memory",)),
    (b"local function f() return 1 + f() end\nf()\n", ("memory",)),
    (b"return { api = 1\n", ("line",)),
    (b"\x1bLuaT\x00\x19\x93\r\n\x1a\n\x04\x08\x08", ("binary",)),
    (b"", ("table",)),
    (b"return 5\n", ("table",)),
    (b"return { api = 2 }\n", ("api",)),
    (b"return { api = 1, dele = 5 }\n", ("dele",)),
    (b"return { api = 1, dlee = function() end }\n", ("dlee", "dele")),
    (b"return { api = 1, after = { retrr = function() end } }\n", ("retrr", "retr")),
    (b"return { api = 1, start = function()\n error('not today') end }\n", ("line 2", "not today")),
    (b"return { api = 1, check = function() while true do end end }\n", ("line 1", "instructions")),
    (b"os.execute('true')\n", ("line 1", "os")),
    (b"x = 1\nreturn { api = 1 }\n", ("line 1", "globals cannot be changed")),
)


def bad_scripts_change_nothing(installation, identity):
    server = Server(installation, installation.base / f"scripts-{identity.name}", identity)
    account = server.account("alice")
    account.maildrop.store("new/1000000001.a", b"one\n")
    script = server.base / "policy.lua"
    server.conf_lines.append(f'policy = {{ {{ script = "{script}" }} }}')
    script.write_text(GOOD)
    with server:
        for octets, texts in BAD:
            script.write_bytes(octets)
            checked = server.command("check")
            missing = [text for text in ("policy.1", *texts) if text not in checked.stdout + checked.stderr]
            if checked.returncode != 78 or missing:
                raise Failure(f"{octets!r}: status {checked.returncode}, {missing} missing in:\n"
                              f"{checked.stdout}{checked.stderr}")
        expect_refused(server, "policy.1")
        wire = Wire(server, "plain")
        wire.login(account)
        if wire.command("DELE 1") != b"-ERR [SYS/PERM] kept":
            raise Failure("the policy that was in force is not any more")
        wire.ok("QUIT")


TESTS = (bad_scripts_change_nothing,)
