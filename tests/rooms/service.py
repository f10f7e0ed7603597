"""What a service manager is told, and the sockets it passes."""
import os
import shutil
import signal
import socket
import subprocess
import time

from harness.results import Failure
from harness.server import PATIENCE_S, free_ports
from harness.wire import Wire
from rooms.killed import login_again, quits
from rooms.life import accepts, make_server
from rooms.processes import PROC, rooms
from rooms.reload import change, expect_refused, expect_reloaded


class Manager:
    """The receiving end of sd_notify."""

    def __init__(self, server, is_abstract):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE_S)
        self.name = f"@{server.base}/notify" if is_abstract else str(server.base / "notify")
        self.socket.bind(self.name.replace("@", "\0"))
        if not is_abstract and os.geteuid() == 0:
            os.chown(self.name, server.identity.uid, server.identity.gid)

    def next(self):
        """One datagram, as a dictionary; signs of life are passed over."""
        while True:
            lines = dict(line.split("=", 1) for line in self.socket.recv(4096).decode().split("\n"))
            if "WATCHDOG" not in lines:
                return lines

    def expect(self, key):
        lines = self.next()
        if lines.get(key) != "1" or "STATUS" not in lines:
            raise Failure(f"expected {key}=1 and a status, got {lines}")
        return lines


def expect_told(server):
    with server:
        manager = server.manager
        manager.expect("READY")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        expect_reloaded(server)
        if not before <= int(manager.expect("RELOADING")["MONOTONIC_USEC"]):
            raise Failure("the time of the reload is not the present one")
        manager.expect("READY")
        change(server, "frontends = 2", "frontends = -2")
        expect_refused(server, "frontends")
        manager.expect("RELOADING")
        if "refused" not in manager.expect("READY")["STATUS"]:
            raise Failure("the status does not tell of the refusal")
        for process in [process for kind in rooms(server).values() for process in kind]:
            try:
                environment = (PROC / str(process.pid) / "environ").read_bytes()
            except FileNotFoundError:  # of the old generation, gone by now
                continue
            if b"NOTIFY" in environment or b"WATCHDOG" in environment or b"LISTEN" in environment:
                raise Failure(f"a room's environment is {environment!r}")
        server.process.send_signal(signal.SIGTERM)
        manager.expect("STOPPING")


def notify(installation, identity, is_abstract):
    server, _ = make_server(installation, identity, f"notify-{is_abstract}")
    server.manager = Manager(server, is_abstract)
    server.environment["NOTIFY_SOCKET"] = server.manager.name
    expect_told(server)


def notify_by_path(installation, identity):
    """READY, RELOADING with its time, READY again or with the refusal, STOPPING; and nothing of it reaches rooms."""
    notify(installation, identity, False)


def notify_by_abstract_name(installation, identity):
    notify(installation, identity, True)


def watchdog(installation, identity):
    """Signs of life when they are asked for, and none when they are meant for somebody else."""
    for pid, is_wanted in (("$$", True), ("1", False)):
        server, _ = make_server(installation, identity, f"watchdog-{is_wanted}")
        manager = Manager(server, False)
        server.environment.update({"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"})
        server.prefix_command = ["/bin/sh", "-c", f'WATCHDOG_PID={pid} exec "$@"', "sh"]
        with server:
            manager.expect("READY")
            if is_wanted:
                for _ in range(3):
                    if manager.socket.recv(4096) != b"WATCHDOG=1":
                        raise Failure("something else than a sign of life")
            else:
                manager.socket.settimeout(0.6)
                try:
                    raise Failure(f"got {manager.socket.recv(4096)!r}")
                except TimeoutError:
                    pass


def pass_sockets(server, sockets, names):
    """As systemd does: from descriptor 3 on, with the pid of the server."""
    server.inherited = [one.fileno() for one in sockets]
    server.environment.update({"LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(names)})
    server.prefix_command = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"]


def listening():
    one = socket.create_server(("127.0.0.1", 0))
    return one, one.getsockname()[1]


def sockets_that_listen_names(installation, identity):
    """They are used, not bound again, through reloads too; other entries are bound as ever."""
    server, account = make_server(installation, identity, "activation")
    one, port = listening()
    server.choose_ports = lambda: [port, free_ports(1)[0]]
    pass_sockets(server, [one], ["pop3"])
    with server:
        for _ in range(2):
            wire = Wire(server, "plain")
            wire.login(account)
            quits(wire)
            quits(login_again(server, account, "tls"))
            expect_reloaded(server)
        change(server, f"port = {port}", f"port = {free_ports(1)[0]}")
        expect_refused(server, f"port {port}", "no entry")
        quits(login_again(server, account))
        server.stop()
        # The manager's socket is open still, only nobody answers.
        if accepts(port, 1):
            raise Failure("somebody answers")
    one.close()


def sockets_where_listen_is_unset(installation, identity):
    """`pop3s` speaks TLS from the start, everything else may begin it."""
    server, account = make_server(installation, identity, "unset")
    (plain, plain_port), (tls, tls_port) = listening(), listening()
    server.choose_ports = lambda: [plain_port, tls_port]
    pass_sockets(server, [plain, tls], ["pop3", "pop3s"])
    prepare = server.prepare

    def prepare_without_listen():
        prepare()
        text = server.file.read_text()
        begin, end = text.index("listen = {"), text.index("tls = { certificate")
        server.file.write_text(text[:begin] + text[end:])

    server.prepare = prepare_without_listen
    with server:
        for mode in ("plain", "stls", "tls"):
            quits(login_again(server, account, mode))


def sockets_that_fit_nothing(installation, identity):
    for name, make, texts in (("other-port", lambda: listening()[0], ("passed the socket", "no entry")),
                              ("not-listening", lambda: socket.socket(socket.AF_UNIX), ("no listening TCP socket",))):
        server, _ = make_server(installation, identity, name)
        with make() as one:
            pass_sockets(server, [one], ["odd"])
            try:
                server.start()
            except Failure as fault:
                if not all(text in str(fault) for text in texts) or server.process.returncode != 78:
                    raise Failure(f"status {server.process.returncode}: {fault}") from None
            else:
                server.stop()
                raise Failure("the server has started")


def why_not_units():
    """None: the installed units can be looked at here."""
    tools = ("systemd-analyze", "systemd-sysusers", "systemd-tmpfiles")
    missing = [tool for tool in tools if not shutil.which(tool)]
    return f"{', '.join(missing)}: not installed" if missing else None


def units_are_right(installation):
    """What systemd's own tools say of the installed files."""
    units = installation.prefix / "lib" / "systemd" / "system"
    names = ("restante.service", "restante.socket", "restante-expire.service", "restante-expire.timer")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *(units / name for name in names)],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stderr.strip():
        raise Failure(done.stdout + done.stderr)
    if f"ExecStart={installation.command} serve" not in (units / "restante.service").read_text():
        raise Failure("the unit starts another program")
    if f"ExecStart={installation.command} expire --all\n" not in (units / "restante-expire.service").read_text():
        raise Failure("the timer's unit starts another command")
    root = installation.base / "system-root"
    (root / "etc").mkdir(parents=True)
    for command in (["systemd-sysusers", f"--root={root}", installation.prefix / "lib" / "sysusers.d" / "restante.conf"],
                    ["systemd-tmpfiles", "--create", f"--root={root}",
                     installation.prefix / "lib" / "tmpfiles.d" / "restante.conf"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{command[0]}: {done.stdout}{done.stderr}")
    accounts = {line.split(":")[0] for line in (root / "etc" / "passwd").read_text().splitlines()}
    groups = {line.split(":")[0] for line in (root / "etc" / "group").read_text().splitlines()}
    if not {"restante", "restante-net"} <= accounts or "restante-users" not in groups:
        raise Failure(f"accounts {accounts}, groups {groups}")
    made = [path for path in root.rglob("restante") if path.is_dir()]
    if len(made) != 1 or made[0].stat().st_mode & 0o7777 != 0o711:
        raise Failure(f"folders made: {made}")


TESTS = (notify_by_path, notify_by_abstract_name, watchdog, sockets_that_listen_names, sockets_where_listen_is_unset,
         sockets_that_fit_nothing)
