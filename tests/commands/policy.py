"""restante policy check: on files, without a configuration and without a server, as root and as a user."""
import os
import subprocess

from commands.administrator import EXIT_CONFIG, EXIT_USAGE, expect
from harness.results import Failure

EXIT_FAULTS = 1
GOOD = 'local p = { api = 1, name = "good" }\nfunction p.dele(session, message) end\nreturn p\n'


def policy(server, *arguments, **more):
    """`restante policy …` in the folder of the server's files, without its configuration."""
    return subprocess.run([str(server.installation.command), "policy", *map(str, arguments)], capture_output=True,
                          text=True, check=False, cwd=server.base, stdin=subprocess.DEVNULL,
                          **{**server.identity.popen_arguments(), **more})


def write(server, name, text):
    file = server.base / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(0o644)
    if not server.identity.is_root:
        os.chown(file, server.identity.uid, server.identity.gid)
    return file


def a_good_policy_passes(server):
    write(server, "good.lua", GOOD)
    expect(policy(server, "check", "good.lua"), 0, "no faults in 1 file")


def faults_have_file_line_and_spelling(server):
    write(server, "good.lua", GOOD)
    write(server, "bad.lua", "local p = { api = 1 }\nfunction p.dele(session, message)\n  return message.uid\nend\nreturn p\n")
    write(server, "worse.lua", "return {\n  api = 1,,\n}\n")
    done = policy(server, "check", "good.lua", "bad.lua", server.base / "worse.lua")
    expect(done, EXIT_FAULTS, "bad.lua:3: message.uid: there is no such fact; did you mean \"uidl\"?",
           "worse.lua:2: unexpected symbol near ','", "2 faults in 3 files")
    if done.stderr or str(server.base) in done.stdout:
        raise Failure(f"not as it was named: {done.stdout}{done.stderr}")


def a_script_that_never_ends_ends(server):
    write(server, "loop.lua", "while true do pcall(function() while true do end end) end\n")
    write(server, "bomb.lua", 'return ("x"):rep(100000000)\n')
    expect(policy(server, "check", "loop.lua", "bomb.lua"), EXIT_FAULTS, "loop.lua:1: it takes more instructions",
           "bomb.lua:1: it takes more memory", "2 faults in 2 files")


def files_that_cannot_be_read(server):
    expect(policy(server, "check", "nothing.lua"), EXIT_FAULTS, "nothing.lua: No such file or directory")
    open_to_all = write(server, "open.lua", GOOD)
    open_to_all.chmod(0o666)
    expect(policy(server, "check", "open.lua"), EXIT_FAULTS, "open.lua: could be written by others")
    (server.base / "folder.lua").mkdir()
    expect(policy(server, "check", "folder.lua"), EXIT_FAULTS, "folder.lua: is not a regular file")


def what_is_asked_wrongly(server):
    write(server, "good.lua", GOOD)
    expect(policy(server), EXIT_USAGE, "usage: restante policy check")
    expect(policy(server, "check"), EXIT_USAGE, "name a file")
    expect(policy(server, "chekc", "good.lua"), EXIT_USAGE, "knows check and test")
    expect(policy(server, "check", "-x", "good.lua"), EXIT_USAGE, "unknown option")
    expect(policy(server, "check", "-d", "nosuch", "good.lua"), EXIT_CONFIG, 'there is no policy module "nosuch"')


def with_a_configuration(server):
    """Its module path counts; one that is wrong is said."""
    write(server, "good.lua", GOOD)
    server.account("alice")
    server.prepare()
    expect(policy(server, "check", "-c", server.file, "good.lua"), 0, "no faults")
    server.conf_lines.append('module_path = { "/nonexistent" }')
    server.file.unlink()
    server.prepare()
    expect(policy(server, "check", "-c", server.file, "good.lua"), EXIT_CONFIG, "lua.so was not found in /nonexistent")


TESTS = (
    a_good_policy_passes,
    faults_have_file_line_and_spelling,
    a_script_that_never_ends_ends,
    files_that_cannot_be_read,
    what_is_asked_wrongly,
    with_a_configuration,
)
