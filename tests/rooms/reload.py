"""SIGHUP and `restante reload`: another configuration beside the one in force, and no client notices."""
import os
import shutil
import signal
import socket
import subprocess
import time

from harness.results import Failure
from harness.server import PATIENCE_S, free_ports, wait_until
from harness.wire import Wire
from rooms.killed import end, expect_first_removed, login_again, quits, session
from rooms.life import accepts, expect_all_gone, make_server
from rooms.processes import children, is_alive, pids


def fill(server, count=2):
    """Accounts with two messages each."""
    accounts = []
    for number in range(count):
        account = server.account(f"reload-{number}")
        account.maildrop.store("new/1000000001.a", b"one\n")
        account.maildrop.store("new/1000000002.b", b"two\n")
        accounts.append(account)
    return accounts


def reload(server):
    """SIGHUP, and what the log says of it."""
    before = server.log().count("event=reload result=") + server.log().count("event=reload file=")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.log().count("event=reload file=") > before or server.process.poll() is not None,
               "the outcome of the reload")
    return [line for line in server.log().splitlines() if "event=reload file=" in line][-1]


def expect_reloaded(server):
    line = reload(server)
    if "result=done" not in line:
        raise Failure(f"the reload was refused:\n{server.log()}")


def expect_refused(server, *texts):
    before = len(server.log())
    line = reload(server)
    said = server.log()[before:]
    if "result=refused" not in line:
        raise Failure(f"the reload was not refused: {line}")
    for text in texts:
        if text not in said:
            raise Failure(f"{text!r} is missing in:\n{said}")


def change(server, old, new):
    text = server.file.read_text()
    if old not in text:
        raise Failure(f"{old!r} is not in the configuration")
    server.file.write_text(text.replace(old, new))


def all_rooms(server):
    return {kind: pids(server, kind) for kind in ("frontend", "auth", "auth-worker", "nursery")}


def sessions_go_on(installation, identity):
    """Plain and TLS sessions, and a client that has not logged in, never notice; their rooms end with the last."""
    server, _ = make_server(installation, identity, "reload")
    accounts = fill(server, 3)
    with server:
        old = all_rooms(server)
        plain, tls = session(server, accounts[0], "plain"), session(server, accounts[1], "tls")
        early = Wire(server, "tls")
        early.ok(f"USER {accounts[2].name}")
        expect_reloaded(server)
        if not all(is_alive(pid) for kind in ("auth", "nursery", "auth-worker") for pid in old[kind]):
            raise Failure("rooms that are still needed have ended")
        for kind, before in old.items():
            if len(set(pids(server, kind)) - set(before)) != len(before):
                raise Failure(f"there are not as many new rooms of kind {kind}")
        early.ok(f"PASS {accounts[2].secret}")
        early.ok("DELE 1")
        for wire, account in ((plain, accounts[0]), (tls, accounts[1]), (early, accounts[2])):
            quits(wire)
            expect_first_removed(account)
        wait_until(lambda: not any(is_alive(pid) for rooms in old.values() for pid in rooms), "the old rooms' end")
        server.wait_for_log("event=note text=\"the last session of generation 1 has ended\"")
        quits(login_again(server, accounts[0]))


def the_new_configuration_is_in_force(installation, identity):
    server, account = make_server(installation, identity, "new-greeting")
    with server:
        change(server, "mail.example.org", "pop.example.net")
        expect_reloaded(server)
        wire = Wire(server, "plain")
        if b"pop.example.net" not in wire.greeting:
            raise Failure(f"got {wire.greeting!r}")
        wire.login(account)
        quits(wire)


def faults_leave_everything_as_it_is(installation, identity):
    """A wrong setting, a port that is taken, a missing module, a key of another certificate, a fixed setting."""
    server, account = make_server(installation, identity, "faults")
    with server, socket.create_server(("127.0.0.1", 0)) as taken:
        rooms = all_rooms(server)
        good = server.file.read_text()
        port = taken.getsockname()[1]
        other_key = server.base / "other-key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", other_key], check=True,
                       capture_output=True)
        other_key.chmod(0o600)
        server.give_all()
        wire = session(server, account, "tls")
        for old, new, texts in (
                ("frontends = 2", "frontends = -1\nhostnam = \"x\"", ("frontends", "hostname")),
                (f"port = {server.plain_port}", f"port = {port}", (f"port {port}", "in use")),
                ('address = "127.0.0.1", port = %d' % server.plain_port,
                 'address = "*", port = %d' % server.plain_port, ("this server listens",)),
                ('driver = "maildir"', 'driver = "maildri"', ("maildri",)),
                ("key.pem", "other-key.pem", ("tls.key",)),
                (f'state = "{server.base}/state"', f'state = "{server.base}/elsewhere"', ("state:", "restart")),
                ("hostname", f'control = "{server.base}/elsewhere"\nhostname', ("control:", "restart")),
                ("accounts = {", 'accounts = { network = "mail",', ("accounts.network:", "restart")),
                ("accounts = {", 'accounts = { internal = "mail",', ("accounts.internal:", "restart")),
                ("hostname", "no lua at all", ("restante.conf:1",))):
            change(server, old, new)
            expect_refused(server, *texts)
            server.file.write_text(good)
        wait_until(lambda: all_rooms(server) == rooms, "the rooms that there were, and no others")
        if (server.base / "elsewhere").exists():
            raise Failure("a refused reload has made a folder")
        wire.ok("NOOP")
        quits(wire)
        quits(login_again(server, account))
        expect_reloaded(server)


def ports_come_and_go(installation, identity):
    server, account = make_server(installation, identity, "ports")
    with server:
        port = free_ports(1)[0]
        kept = session(server, account, "plain")
        change(server, f"port = {server.plain_port}, tls", f"port = {port}, tls")
        expect_reloaded(server)
        if accepts(server.plain_port) or not accepts(port):
            raise Failure("the old port still answers, or the new one does not")
        quits(kept)
        change(server, f"port = {port}, tls", f"port = {server.plain_port}, tls")
        expect_reloaded(server)
        if not accepts(server.plain_port) or accepts(port):
            raise Failure("the first port does not answer again, or the second one still does")
        quits(login_again(server, account, "tls"))


def listens_on(pid):
    """How many listening sockets it has open."""
    listening = {line.split()[9] for name in ("tcp", "tcp6") for line in
                 open(f"/proc/net/{name}", encoding="ascii").readlines()[1:] if line.split()[3] == "0A"}
    links = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            links.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            pass  # closed meanwhile
    return sum(link.startswith("socket:[") and link[8:-1] in listening for link in links)


def who_waits_at_a_removed_port_is_served(installation, identity):
    """Connections that the kernel has accepted before the frontends stop are not reset."""
    server, account = make_server(installation, identity, "queue", ["frontends = 1"])
    with server:
        frontend = pids(server, "frontend")[0]
        os.kill(frontend, signal.SIGSTOP)
        wires = [socket.create_connection(("127.0.0.1", server.plain_port)) for _ in range(200)]
        change(server, f"port = {server.plain_port}, tls", f"port = {free_ports(1)[0]}, tls")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(pids(server, "frontend")) == 2, "the new frontend")
        new = next(pid for pid in pids(server, "frontend") if pid != frontend)
        wait_until(lambda: listens_on(new) == 2, "the new frontend's sockets")
        wait_until(lambda: listens_on(server.process.pid) == 2, "the master's closing of the removed one")
        os.kill(frontend, signal.SIGCONT)
        for wire in wires:
            wire.settimeout(PATIENCE_S)
            if not wire.recv(100).startswith(b"+OK"):
                raise Failure("a waiting client was not greeted")
            wire.close()


def old_rooms_are_replaced_while_needed(installation, identity):
    """kill -9 of the old generation's auth and nursery: who has not logged in yet still can."""
    server, _ = make_server(installation, identity, "old-killed")
    accounts = fill(server, 2)
    with server:
        old = all_rooms(server)
        early = [Wire(server, "plain"), Wire(server, "tls")]
        expect_reloaded(server)
        new = {kind: set(pids(server, kind)) - set(before) for kind, before in old.items()}
        # The dispatcher last: its workers end with it by themselves.
        for kind in ("auth-worker", "nursery", "auth"):
            for pid in old[kind]:
                end(pid)
            wait_until(lambda: not any(is_alive(pid) for pid in old[kind]) and
                       len(pids(server, kind)) == len(old[kind]) + len(new[kind]), f"another {kind}")
        for wire, account in zip(early, accounts):
            wait_until(lambda: wire.ok(f"USER {account.name}") and
                       wire.command(f"PASS {account.secret}").startswith(b"+OK"), "the login")
            quits(wire)
        wait_until(lambda: {kind: set(pids(server, kind)) for kind in old} == new, "the old generation's end")


def new_rooms_are_replaced(installation, identity):
    server, account = make_server(installation, identity, "new-killed")
    with server:
        held = session(server, account, "plain")
        expect_reloaded(server)
        held.ok("NOOP")
        for kind in ("frontend", "auth", "auth-worker"):
            before = pids(server, kind)
            for pid in before:
                end(pid)
            wait_until(lambda: pids(server, kind) and not set(before) & set(pids(server, kind)), f"another {kind}")
        held.ok("NOOP")
        quits(held)
        quits(login_again(server, account, "tls"))


def stop_during_a_reload(installation, identity):
    """An old and a new generation get the same grace."""
    server, account = make_server(installation, identity, "stop", ['timeouts = { shutdown = "1s" }'])
    with server:
        wire = session(server, account, "plain")
        expect_reloaded(server)
        rooms = [pid for kind in all_rooms(server).values() for pid in kind]
        server.process.send_signal(signal.SIGHUP)
        if server.stop() != 0:
            raise Failure(f"ended badly:\n{server.log()}")
        expect_all_gone(rooms)
        while wire.receive():
            pass
    if account.maildrop.files() != ["new/1000000001.a"]:
        raise Failure("a session that was ended has deleted")


def old_generations_are_bounded(installation, identity):
    """The ninth old generation costs the oldest its sessions, which delete nothing."""
    server, account = make_server(installation, identity, "many", ["frontends = 1", "failure_delay = \"0s\""])
    accounts = fill(server, 10)
    with server:
        wires = []
        for account in accounts:
            wires.append(session(server, account, "plain"))
            expect_reloaded(server)
        for number, wire in enumerate(wires):
            if number < 2:
                while wire.receive():
                    pass
            else:
                quits(wire)
                expect_first_removed(accounts[number])
    for account in accounts[:2]:
        if len(account.maildrop.files()) != 2:
            raise Failure("a session that was ended has deleted")


def the_log_is_opened_again(installation, identity):
    """After the file was moved away, lines go to a new one; and another destination is used from the reload on."""
    server, account = make_server(installation, identity, "log")
    log, moved, other = (server.base / name for name in ("server.log", "server.log.1", "other.log"))
    server.conf_lines.append(f'log = {{ destination = "{log}" }}')
    server.log = lambda: log.read_text() if log.exists() else ""
    with server:
        log.rename(moved)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "event=reload" in server.log(), "the new file")
        change(server, f'"{log}"', f'"{other}"')
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: other.exists() and "event=reload" in other.read_text(), "the other file")
        quits(login_again(server, account))
        wait_until(lambda: "event=login" in other.read_text(), "a login in the other file")
    if "event=login" in log.read_text() + moved.read_text():
        raise Failure("the old destination is still written to")


def wait_long_for_log(server, text, limit_s):
    limit = time.monotonic() + limit_s
    while text not in server.log():
        if time.monotonic() > limit:
            raise Failure(f"{text!r} does not come:\n{server.log()}")
        time.sleep(0.2)


def a_room_that_is_never_ready(installation, identity):
    """After a minute the reload is refused, and nothing is left of it."""
    server, account = make_server(installation, identity, "never-ready", ['program_path = "{base}/programs"'])
    for name in ("programs", "hanging"):
        shutil.copytree(installation.programs, server.base / name)
    hanging = server.base / "hanging" / "restante-auth"
    hanging.unlink()
    hanging.write_text("#!/bin/sh\nexec sleep 600\n")
    hanging.chmod(0o755)
    with server:
        before = all_rooms(server)
        change(server, "/programs", "/hanging")
        server.process.send_signal(signal.SIGHUP)
        wait_long_for_log(server, "event=reload file=", 120)
        if "result=refused" not in server.log() or "was not ready after 60 s" not in server.log():
            raise Failure(f"the reload was not refused for the room that hangs:\n{server.log()}")
        wait_until(lambda: len(children(server.process.pid)) == sum(map(len, before.values())), "the end of the new rooms")
        if all_rooms(server) != before:
            raise Failure("rooms of the running generation were replaced")
        quits(login_again(server, account))


def a_frontend_that_does_not_answer(installation, identity):
    """It is told to stop accepting and says nothing: after ten seconds the reload goes on without."""
    server, account = make_server(installation, identity, "no-answer")
    with server:
        old = pids(server, "frontend")
        os.kill(old[0], signal.SIGSTOP)
        server.process.send_signal(signal.SIGHUP)
        wait_long_for_log(server, "event=reload file=", 60)
        if "result=done" not in server.log() or f"frontend[{old[0]}] was told to accept no more" not in server.log():
            raise Failure(f"the reload did not go on without the frontend:\n{server.log()}")
        os.kill(old[0], signal.SIGCONT)
        wait_until(lambda: not any(is_alive(pid) for pid in old), "the end of the old frontends")
        quits(login_again(server, account))


LONG_TESTS = (a_room_that_is_never_ready, a_frontend_that_does_not_answer)
TESTS = (sessions_go_on, the_new_configuration_is_in_force, faults_leave_everything_as_it_is, ports_come_and_go,
         who_waits_at_a_removed_port_is_served, old_rooms_are_replaced_while_needed, new_rooms_are_replaced,
         stop_during_a_reload, old_generations_are_bounded, the_log_is_opened_again)
