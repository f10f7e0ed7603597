"""`restante status`, `reload` and `stop`, and the socket they use."""
import json
import os
import socket
import stat
import subprocess

from harness.results import Failure
from harness.server import PATIENCE_S, free_ports, wait_until
from harness.wire import Wire
from rooms.killed import kill, login_again, quits, session
from rooms.life import all_pids, expect_all_gone, make_server
from rooms.processes import pids, rooms


def expect(done, status, *texts):
    out = done.stdout + done.stderr
    if done.returncode != status or not all(text in out for text in texts):
        raise Failure(f"status {done.returncode}, expected {status} and {texts}:\n{out}")


def status_of(server):
    done = server.command("status", "--json")
    expect(done, 0)
    return json.loads(done.stdout)


def status_tells_what_there_is(installation, identity):
    server, account = make_server(installation, identity, "status")
    with server:
        held = session(server, account, "tls")
        early = Wire(server, "plain")
        early.ok("USER nobody")
        if early.command("PASS wrong").startswith(b"+OK"):
            raise Failure("a wrong password was accepted")
        kill(server, "auth-worker")
        wait_until(lambda: all(room["state"] == "ready" for room in status_of(server)["generations"][0]["rooms"]),
                   "all rooms to be ready")
        found = status_of(server)
        same = {"pid": server.process.pid, "state": "running", "file": str(server.file), "connections": 2,
                "sessions": 1, "logins": {"accepted": 1, "denied": 1, "failed": 0}}
        for key, wanted in same.items():
            if found[key] != wanted:
                raise Failure(f"{key} is {found[key]}, expected {wanted}")
        generation, = found["generations"]
        if (generation["generation"], generation["state"]) != (1, "running"):
            raise Failure(f"generation {generation}")
        told = sorted((room["room"], room["pid"]) for room in generation["rooms"])
        there = sorted((kind, process.pid) for kind, processes in rooms(server).items() for process in processes
                       if kind not in ("worker", "spare"))
        if told != there:
            raise Failure(f"told {told}, there are {there}")
        if [room["restarts"] for room in generation["rooms"] if room["room"] == "auth-worker"] != [1, 1]:
            raise Failure("the restarts of the workers are not counted")
        expect(server.command("status"), 0, "running since", "connections 2, sessions 1", "accepted 1, denied 1",
               "generation 1: running", f"pid {pids(server, 'frontend')[0]}, ready")
        quits(held)
        quits(early)


def counts_outlive_a_reload(installation, identity):
    server, account = make_server(installation, identity, "counts")
    with server:
        held = session(server, account, "plain")
        expect(server.command("reload"), 0, "generation 2")
        found = status_of(server)
        if [(one["generation"], one["state"]) for one in found["generations"]] != [(2, "running"), (1, "draining")]:
            raise Failure(f"generations: {found['generations']}")
        if found["sessions"] != 1:
            raise Failure("the old generation's session is not counted")
        quits(held)
        wait_until(lambda: len(status_of(server)["generations"]) == 1, "the end of the old generation")
        quits(login_again(server, account))
        if status_of(server)["logins"]["accepted"] != 2:
            raise Failure("logins before the reload were forgotten")


def reload_tells_the_outcome(installation, identity):
    """Faults on stderr and another status; also where the file cannot be evaluated at all."""
    server, account = make_server(installation, identity, "outcome")
    with server:
        good = server.file.read_text()
        expect(server.command("reload"), 0, "in force", "generation 2")
        server.file.write_text(good + "hostnam = 1\nfailure = 2\n")
        expect(server.command("reload"), 78, "hostnam", "failure")
        server.file.write_text(good.replace('"maildir"', '"maildri"'))
        expect(server.command("reload"), 78, "restante.conf:", "maildri")
        server.file.write_text("this is no lua\n")
        expect(server.command("reload", "-s", server.base / "state" / "control"), 78, "syntax error")
        server.file.write_text(good)
        expect(server.command("reload"), 0, "in force")
        quits(login_again(server, account))


def reloads_at_the_same_time_queue(installation, identity):
    server, account = make_server(installation, identity, "control-queue")
    with server:
        started = [subprocess.Popen([installation.command, "reload", "-c", server.file], stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, **identity.popen_arguments())
                   for _ in range(6)]
        for process in started:
            out = process.communicate(timeout=PATIENCE_S)[0]
            if process.returncode != 0 or "in force" not in out:
                raise Failure(f"status {process.returncode}: {out}")
        quits(login_again(server, account))


def stop_waits_for_the_end(installation, identity):
    server, account = make_server(installation, identity, "stop-command")
    with server:
        wire = session(server, account, "plain")
        everything = all_pids(server)
        expect(server.command("stop"), 0, "has stopped")
        expect_all_gone(everything)
        if server.process.wait(PATIENCE_S) != 0:
            raise Failure("the server ended with another status than 0")
        while wire.receive():
            pass
        for command in ("status", "reload", "stop"):
            expect(server.command(command), 1, "no server runs")
        if (server.base / "state" / "control").exists():
            raise Failure("the socket was left behind")
    if account.maildrop.files() != ["new/1000000001.a"]:
        raise Failure("a session that was ended has deleted")


def strangers_are_refused(installation, identity):
    """The mode keeps others away; whoever gets past it is asked who they are."""
    server, _ = make_server(installation, identity, "strangers", ['control = "{base}/control"'])
    with server:
        path = server.base / "control"
        if stat.S_IMODE(path.stat().st_mode) != 0o600 or path.stat().st_uid != identity.uid:
            raise Failure(f"the socket has mode {path.stat().st_mode:o}")
        expect(server.command("status"), 0)
        if os.geteuid() == 0:
            path.chmod(0o666)
            done = subprocess.run([installation.command, "stop", "-s", path], capture_output=True, text=True,
                                  timeout=PATIENCE_S, user=4711, group=4711, extra_groups=[], check=False)
            expect(done, 1, "only root")
            server.wait_for_log("uid 4711 has tried")
        expect(server.command("status"), 0)


def ask(path, octets):
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(PATIENCE_S)
    one.connect(str(path))
    answer = b""
    try:
        one.sendall(octets)
    except BrokenPipeError:
        pass  # refused before it was read
    try:
        while more := one.recv(65536):
            answer += more
    except ConnectionResetError:
        pass
    return answer


def clients_are_bounded(installation, identity):
    """Too many, too long, unknown: one answer each, and the server goes on."""
    server, account = make_server(installation, identity, "bounded")
    path = server.base / "state" / "control"
    with server:
        for octets, wanted in ((b"frobnicate\n", b"unknown command"), (b"x" * 64, b"too long")):
            if wanted not in ask(path, octets):
                raise Failure(f"{octets[:12]!r} is not answered with {wanted!r}")
        silent = []
        for _ in range(16):
            silent.append(socket.socket(socket.AF_UNIX))
            silent[-1].connect(str(path))
        if b"too many" not in ask(path, b"status\n"):
            raise Failure("there is no limit to the clients")
        quits(login_again(server, account))
        for one in silent:
            one.close()
        wait_until(lambda: server.command("status").returncode == 0, "an answer once the others have gone")


def second_server(installation, identity):
    """The control socket of a server that runs is not taken from it; that of one that was killed is."""
    server, account = make_server(installation, identity, "second")
    with server:
        text = server.file.read_text()
        ports = free_ports(2)
        server.file.write_text(text.replace(str(server.plain_port), str(ports[0])).replace(str(server.tls_port),
                                                                                          str(ports[1])))
        expect(server.command("serve"), 78, "already answers")
        server.file.write_text(text)
        expect(server.command("status"), 0)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: (server.base / "state" / "control").exists(), "the socket that was left")
    with server:
        expect(server.command("status"), 0, "running")
        quits(login_again(server, account))


TESTS = (status_tells_what_there_is, counts_outlive_a_reload, reload_tells_the_outcome,
         reloads_at_the_same_time_queue, stop_waits_for_the_end, strangers_are_refused, clients_are_bounded,
         second_server)
