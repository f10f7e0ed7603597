"""Policies that loop, swallow memory, dig deep, err and answer nonsense, in every hook: the session is answered as
on_error says and goes on, nothing is deleted, the log names policy, hook and line, and nobody else notices."""
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.identity import OneOwner
from harness.results import Failure
from harness.server import Server, wait_until
from harness.wire import Wire

SCRIPT = Path(__file__).resolve().parent / "attacks.lua"
AT_THE_SAME_TIME = 6
ANSWERS = {"refuse": b"-ERR [SYS/PERM] ", "try-later": b"-ERR [SYS/TEMP] ", "allow": b"+OK"}
COMMANDS = {"capa": "CAPA", "list": "LIST 1", "uidl": "UIDL 1", "retr": "RETR 1", "top": "TOP 1 0", "dele": "DELE 1"}
HOOKS = ("login", "open", *COMMANDS, "quit")
LONG_REPLIES = ("capa", "retr", "top")
LOOPS = ("loop", "pcall", "xpcall", "coroutine", "yields", "metamethod", "sort", "find", "closes")
MEMORY = ("string", "rep", "table", "caught", "coroutines")
DEPTH = ("depth", "arguments", "wrapped")
ERRORS = ("error", "nothing", "value", "number", "index", "field", "write", "environment", "collected", "bytecode")
NONSENSE = ("answer", "another", "text", "among", "stale")
EVERYTHING = LOOPS + MEMORY + DEPTH + ERRORS + NONSENSE
A_FEW = ("pcall", "caught", "depth", "error", "another")
FILES = {f"new/100000000{number}.m": b"Subject: %d\n\ntext\n" % number for number in (1, 2, 3)}


def attacks():
    """(hook, attack): everything where mail is fetched and where it is decided about, some of it everywhere else."""
    for hook in HOOKS:
        for name in EVERYTHING if hook in ("open", "retr") else A_FEW:
            yield hook, name
    for hook in (*HOOKS, "close"):
        for name in A_FEW:
            yield f"after.{hook}", name
    yield "quit", "among"


def expect(line, start, what):
    if not line.startswith(start):
        raise Failure(f"{what}: expected {start.decode()}, got {line!r}")


def ask(wire, hook, command, start):
    line = wire.command(command)
    expect(line, start, command)
    if line.startswith(b"+OK") and hook in LONG_REPLIES:
        wire.multiline()


def session(server, account, hook, answer):
    """All commands; the one that is attacked gets `answer`, the same about another message does not."""
    wire = Wire(server, "plain")
    wire.ok(f"USER {account.name}")
    line = wire.command(f"PASS {account.secret}")
    if hook in ("login", "open"):
        expect(line, answer, "PASS")
        if line.startswith(b"-ERR"):
            wire.expect_close()
            wire.close()
            return
    expect(line, b"+OK", "PASS")
    for other, command in COMMANDS.items():
        ask(wire, other, command, answer if other == hook else b"+OK")
        if command.endswith(" 1"):
            ask(wire, other, command.replace(" 1", " 2"), b"+OK")
    wire.ok("RSET")
    wire.ok("QUIT")
    wire.expect_close()
    wire.close()


def expect_told(server, account, hook, name, answer):
    """One line of the log, with policy, hook and line."""
    lines = []

    def is_told():
        lines[:] = [line for line in server.log().splitlines()
                    if "event=policy_failed " in line and f" user={account.name} " in line]
        return lines

    wait_until(is_told, f"the log to tell of {account.name}")
    wanted = [" policy=attacks ", f" hook={hook} ", f" answer={answer} ",
              f'text="policy attacks: {hook}']
    if name not in NONSENSE and "memory than its limit" not in lines[0]:  # neither belongs to a line
        wanted.append(", line ")
    for part in wanted:
        if part not in lines[0]:
            raise Failure(f"{part!r} is missing in {lines[0]}")


def expect_kept(account):
    """Everything, under its name or one that says that it was seen."""
    found = {name.replace("cur/", "new/").partition(":")[0]: account.maildrop.read(name)
             for name in account.maildrop.files()}
    if found != FILES:
        raise Failure(f"the maildrop holds {account.maildrop.files()}")


def attack(server, account, hook, name, on_error):
    session(server, account, hook, ANSWERS[on_error])
    answer = "none" if hook.startswith("after.") else "nothing-expired" if hook == "quit" else on_error
    expect_told(server, account, hook, name, answer)
    expect_kept(account)


def make_account(server, name):
    account = server.account(name)
    for file, octets in FILES.items():
        account.maildrop.store(file, octets)
    return account


def neighbour_goes_on(server, wire, account):
    """In isolation uid it shares process and script with the others."""
    wire.ok("RETR 1")
    wire.multiline()
    wire.ok("DELE 1")
    wire.ok("QUIT")
    wire.expect_close()
    if len(account.maildrop.files()) != len(FILES) - 1:
        raise Failure(f"the maildrop holds {account.maildrop.files()}")
    if "worker_died" in server.log():
        raise Failure("a worker has died of a script")


def run_server(installation, identity, on_error, results):
    """One server, all attacks."""
    server = Server(installation, installation.base / f"attacks-{identity.name}-{on_error}", identity)
    script = server.base / "attacks.lua"
    script.write_text(SCRIPT.read_text())
    server.conf_lines.append(f'policy = {{ {{ script = "{script}", on_error = "{on_error}" }} }}')
    jobs = [(hook, name, make_account(server, f"{hook}_{name}")) for hook, name in attacks()]
    neighbour = make_account(server, "neighbour")
    what = f"({on_error}, {identity.name})"
    try:
        with server:
            wire = Wire(server, "tls")
            wire.login(neighbour)
            with ThreadPoolExecutor(AT_THE_SAME_TIME) as pool:
                for hook, name, account in jobs:
                    pool.submit(results.run, f"policy/{hook} {name} {what}", attack, server, account, hook, name,
                                on_error)
            results.run(f"policy/the neighbour goes on {what}", neighbour_goes_on, server, wire, neighbour)
    except Failure as fault:
        results.add(f"policy/the attacked server {what}", fault)


def run(installation, identities, results):
    """What a failure is answered with is tried once; as an ordinary user one answer will do."""
    for identity in identities:
        for who in (identity, OneOwner(identity)):
            for on_error in ANSWERS if identity.is_root else ("refuse",):
                run_server(installation, who, on_error, results)
