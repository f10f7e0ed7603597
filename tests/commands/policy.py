"""restante policy check and test: on files, without a configuration and without a server, as root and as a user."""
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
    if (done.stderr and not server.installation.is_sanitized) or str(server.base) in done.stdout:
        raise Failure(f"not as it was named: {done.stdout}{done.stderr}")


def a_script_that_never_ends_ends(server):
    write(server, "loop.lua", "while true do pcall(function() while true do end end) end\n")
    write(server, "bomb.lua", 'return ("x"):rep(100000000)\n')
    expect(policy(server, "check", "loop.lua", "bomb.lua"), EXIT_FAULTS, "loop.lua:1: it takes more ",
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
    expect(policy(server, "chekc", "good.lua"), EXIT_USAGE, "knows check, test and explain")
    expect(policy(server, "check", "-x", "good.lua"), EXIT_USAGE, "unknown option")
    expect(policy(server, "check", "-d", "nosuch", "good.lua"), EXIT_CONFIG, 'there is no policy module "nosuch"')
    expect(policy(server, "check", "-d", "access", "good.lua"), EXIT_CONFIG,
           'the policies of module "access" are no files that could be checked')
    expect(policy(server, "test", "-d", "access", "good.lua"), EXIT_CONFIG, "no files that could be tested")


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


def shipped_policies_are_without_fault(server):
    """And pass the tests that are installed with them."""
    folder = server.installation.prefix / "share" / "restante" / "policies"
    files = sorted(folder.glob("*.lua"))
    expect(policy(server, "check", *files), 0, f"no faults in {len(files)} files")
    tests = sorted((folder / "tests").glob("*.test.lua"))
    if {file.stem for file in files} != {file.name.removesuffix(".test.lua") for file in tests}:
        raise Failure(f"tests of {[file.name for file in tests]} for {[file.name for file in files]}")
    expect(policy(server, "test", folder), 0, " 0 failed", f"in {len(tests)} files")


def tests_pass_and_fail(server):
    write(server, "good.lua", GOOD)
    write(server, "tests/good.test.lua", "local t = {}\nfunction t.passes()\n  test.policy('good')\nend\n"
          "function t.fails()\n  test.policy('good')\n  test.equal(restante.date(0).hour, 1)\nend\nreturn t\n")
    expect(policy(server, "test", "."), EXIT_FAULTS, "tests/good.test.lua:7: fails: expected 1, got 0",
           "1 passed, 1 failed, in 1 file")
    expect(policy(server, "test", "tests/good.test.lua"), EXIT_FAULTS, "1 passed, 1 failed")
    expect(policy(server, "test", "good.lua"), EXIT_FAULTS, "good.lua: returns a table with a ", "but must return one of functions")
    (server.base / "empty").mkdir()
    expect(policy(server, "test", "empty"), EXIT_FAULTS, "empty: has no file whose name ends in .test.lua")


def a_test_that_never_ends_ends(server):
    write(server, "loop.test.lua", "local t = {}\nfunction t.loop()\n  while true do pcall(function() while true do end end) "
          "end\nend\nfunction t.bomb()\n  return ('x'):rep(1000000000)\nend\nfunction t.after() end\nreturn t\n")
    expect(policy(server, "test", "loop.test.lua"), EXIT_FAULTS, "loop.test.lua:3: loop: it takes more",
           "bomb: it takes more memory than its limit", "1 passed, 2 failed")


TESTS = (
    shipped_policies_are_without_fault,
    tests_pass_and_fail,
    a_test_that_never_ends_ends,
    a_good_policy_passes,
    faults_have_file_line_and_spelling,
    a_script_that_never_ends_ends,
    files_that_cannot_be_read,
    what_is_asked_wrongly,
    with_a_configuration,
)
