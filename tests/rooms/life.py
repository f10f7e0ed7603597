"""Start and end of the whole: rooms that cannot start, SIGTERM, the grace period."""
import os
import shutil
import signal
import socket

from harness.results import Failure
from harness.server import PATIENCE_S, Server, wait_until
from harness.wire import Wire
from rooms.killed import login_again, quits
from rooms.processes import is_alive, rooms


def make_server(installation, identity, name, conf=()):
    server = Server(installation, installation.base / f"rooms-{identity.name}-{name}", identity, conf)
    account = server.account("alice")
    account.maildrop.store("new/1000000001.a", b"one\n")
    return server, account


def all_pids(server):
    return [process.pid for processes in rooms(server).values() for process in processes]


def expect_all_gone(pids):
    left = [pid for pid in pids if is_alive(pid)]
    if left:
        raise Failure(f"processes left behind: {left}")


def term_after_grace(installation, identity):
    """SIGTERM: sessions that do not end are ended, without deleting, and everything is gone."""
    server, account = make_server(installation, identity, "term", ['timeouts = { shutdown = "1s" }'])
    with server:
        wires = [Wire(server, mode) for mode in ("plain", "tls")]
        wires[0].login(account)
        wires[0].ok("DELE 1")
        pids = all_pids(server)
        status = server.stop()
        if status != 0:
            raise Failure(f"ended with status {status}\n{server.log()}")
        expect_all_gone(pids)
        for wire in wires:
            while wire.receive():
                pass
    if account.maildrop.files() != ["new/1000000001.a"]:
        raise Failure("a session that was ended has deleted")


def term_lets_quit_finish(installation, identity):
    """Within the grace period a session may come to its end; new connections are not taken."""
    server, account = make_server(installation, identity, "grace", ['timeouts = { shutdown = "1m" }'])
    with server:
        wire = Wire(server, "tls")
        wire.login(account)
        wire.ok("DELE 1")
        pids = all_pids(server)
        server.process.send_signal(signal.SIGTERM)
        server.wait_for_log("stopping")
        wait_until(lambda: not accepts(server.plain_port), "the listeners' end")
        wire.ok("NOOP")
        quits(wire)
        if server.process.wait(PATIENCE_S) != 0:
            raise Failure("ended with another status than 0")
        expect_all_gone(pids)
    if account.maildrop.files():
        raise Failure("QUIT within the grace period did not delete")


def accepts(port, timeout_s=PATIENCE_S):
    """Is there anybody who answers?"""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as one:
            return bool(one.recv(1))
    except OSError:
        return False


def master_killed(installation, identity):
    """The master's end is every room's end."""
    server, account = make_server(installation, identity, "orphans")
    with server:
        wire = Wire(server, "plain")
        wire.login(account)
        pids = all_pids(server)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        wait_until(lambda: not any(is_alive(pid) for pid in pids), "the end of all rooms")


def throttle(installation, identity):
    """A room that ends before it is READY is started again after a pause that doubles, until it works."""
    server, account = make_server(installation, identity, "throttle")
    programs = server.base / "programs"
    shutil.copytree(installation.programs, programs)
    server.conf_lines.append(f'program_path = "{programs}"')
    with server:
        whole, broken = programs / "restante-session", programs / "broken"
        broken.write_text("#!/bin/sh\nexit 1\n")
        broken.chmod(0o755)
        whole.rename(programs / "kept")
        broken.rename(whole)
        for process in rooms(server)["nursery"]:
            os.kill(process.pid, signal.SIGKILL)
        server.wait_for_log("nursery is not started again for 1 s")
        server.wait_for_log("nursery is not started again for 2 s")
        (programs / "kept").rename(whole)
        quits(login_again(server, account))


def second_run(installation, identity):
    """The same state folder and ports serve again after an orderly end."""
    server, account = make_server(installation, identity, "twice")
    with server:
        quits(login_again(server, account))
    with server:
        quits(login_again(server, account, "tls"))


TESTS = (term_after_grace, term_lets_quit_finish, master_killed, throttle, second_run)
