"""Ten thousand connections that do nothing: a new login costs what it cost before, and they cost little memory."""
import resource
import socket

from harness.results import Failure
from harness.server import PATIENCE_S, Server, wait_until
from harness.wire import Wire, tls_context
from rooms.processes import rooms

IDLE = 10000
SESSIONS = 1000  # logged in and idle: each needs a maildrop of its own
LOGINS = 50
PER_ADDRESS = 1000

CONF = ('limits = { connections = 30000, connections_per_address = 20000 }',
        'timeouts = { shutdown = "1s", login = "1h", tls_handshake = "5m" }')


def raise_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def pss_kb(processes):
    """Their share of memory; None where this user may not look."""
    total = 0
    for process in processes:
        try:
            with open(f"/proc/{process.pid}/smaps_rollup", encoding="ascii") as rollup:
                total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except PermissionError:
            return None
    return total


def cost_of_logins(server, account, mode):
    """What LOGINS logins cost the frontends: how often they woke up, and milliseconds of CPU."""
    frontends = rooms(server)["frontend"]

    def now():
        wakes = cpu_ns = 0
        for process in frontends:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                wakes += sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt"))
            with open(f"/proc/{process.pid}/schedstat", encoding="ascii") as schedstat:
                cpu_ns += int(schedstat.read().split()[0])
        return wakes, cpu_ns

    wakes, cpu_ns = now()
    for _ in range(LOGINS):
        wire = Wire(server, mode)
        wire.login(account)
        wire.ok("QUIT")
        wire.close()
    after = now()
    return after[0] - wakes, (after[1] - cpu_ns) / 1e6


def compare(what, before, after):
    print(f"      {what}: {LOGINS} logins woke the frontends {before[0]} times before, {after[0]} with the idle ones; "
          f"{before[1]:.1f} and {after[1]:.1f} ms of CPU", flush=True)
    if after[0] > before[0] * 1.3 + 50:
        raise Failure(f"{what}: logins wake the frontends {after[0]} times, before {before[0]} times")


def report_memory(what, count, before_kb, after_kb):
    if before_kb is not None and after_kb is not None:
        print(f"      {what}: {(after_kb - before_kb) * 1024 / count:.0f} octets of the frontends' memory (PSS) for each",
              flush=True)


def idle_connection(server, mode, number):
    """Connected from one of several addresses, greeted, then silent."""
    source = f"127.0.{1 + number // PER_ADDRESS}.1"
    port = server.tls_port if mode == "tls" else server.plain_port
    one = socket.create_connection(("127.0.0.1", port), PATIENCE_S, source_address=(source, 0))
    if mode == "tls":
        one = tls_context().wrap_socket(one)
    if not one.recv(200).startswith(b"+OK"):
        raise Failure(f"idle connection {number} is not greeted")
    return one


def idle_before_login(installation, identity, mode):
    """Ten thousand that were greeted and say nothing."""
    if raise_limit() < IDLE + 1000:
        raise Failure(f"this test needs {IDLE + 1000} open files")
    server = Server(installation, installation.base / f"idle-{identity.name}-{mode}", identity, CONF)
    account = server.account("alice")
    with server:
        cost_of_logins(server, account, mode)  # so that everything has been used once
        before, before_kb = cost_of_logins(server, account, mode), pss_kb(rooms(server)["frontend"])
        idle = [idle_connection(server, mode, number) for number in range(IDLE)]
        report_memory(f"{IDLE} idle before login, {mode}", IDLE, before_kb, pss_kb(rooms(server)["frontend"]))
        compare(f"{IDLE} idle before login, {mode}", before, cost_of_logins(server, account, mode))
        for one in idle[:: IDLE // 20]:
            one.sendall(b"QUIT\r\n")
            if not one.recv(200).startswith(b"+OK"):
                raise Failure("an idle connection is not served any more")
        for one in idle:
            one.close()


def idle_after_login(installation, identity, mode):
    """A thousand sessions that do nothing, in workers that serve many of them."""
    raise_limit()
    server = Server(installation, installation.base / f"idle-in-{identity.name}-{mode}", identity,
                    [*CONF, 'isolation = "uid"'])
    account = server.account("alice")
    accounts = [server.account(f"user{number}") for number in range(SESSIONS)]
    for one in accounts:
        one.uid, one.gid = account.uid, account.gid
        one.maildrop.uid, one.maildrop.gid = account.uid, account.gid
        for path in (one.home, one.maildrop.path, *one.maildrop.path.iterdir()):
            one.maildrop.give(path)
    with server:
        cost_of_logins(server, account, mode)
        before, before_kb = cost_of_logins(server, account, mode), pss_kb(rooms(server)["frontend"])
        wires = []
        for one in accounts:
            wires.append(Wire(server, mode))
            wires[-1].login(one)
        report_memory(f"{SESSIONS} idle sessions, {mode}", SESSIONS, before_kb, pss_kb(rooms(server)["frontend"]))
        compare(f"{SESSIONS} idle sessions, {mode}", before, cost_of_logins(server, account, mode))
        for wire in wires[::50]:
            wire.ok("NOOP")
        for wire in wires:
            wire.close()
        wait_until(lambda: server.log().count("event=session_end") >= SESSIONS, "the sessions' end")


TESTS = (idle_before_login, idle_after_login)
