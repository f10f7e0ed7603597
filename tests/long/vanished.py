"""A client whose network is gone says no goodbye: keepalive finds out, and the maildrop is free again."""
import ctypes
import os
import shutil
import socket
import subprocess
import threading
import time

from harness.results import Failure
from harness.server import Server
from harness.wire import Wire

SERVER, CLIENT = "10.99.0.1", "10.99.0.2"
NOTICED_S = 150  # 60 s of silence and three probes 10 s apart, and time to spare
CLONE_NEWNET = 0x40000000


def ip(*arguments):
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


class Networks:
    """Two network namespaces with a cable between them."""

    def __init__(self):
        self.near, self.far = f"restante-near-{os.getpid()}", f"restante-far-{os.getpid()}"

    def __enter__(self):
        for name in (self.near, self.far):
            ip("netns", "add", name)
        ip("-n", self.near, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", self.far)
        for name, address in ((self.near, SERVER), (self.far, CLIENT)):
            ip("-n", name, "addr", "add", f"{address}/24", "dev", "cable")
            ip("-n", name, "link", "set", "cable", "up")
        return self

    def __exit__(self, kind, value, trace):
        for name in (self.near, self.far):
            ip("netns", "del", name)

    def call(self, function, *arguments):
        """In the far namespace: sockets stay where they were made."""
        result = []

        def run():
            with open(f"/run/netns/{self.far}", "rb") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            result.append(function(*arguments))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if not result:
            raise Failure("a call from the other namespace has failed")
        return result[0]

    def cut(self):
        """The client's address is gone: nobody answers, nobody refuses. The server still knows where to send."""
        mac = ip("-n", self.far, "-br", "link", "show", "dev", "cable").split()[2]
        ip("-n", self.near, "neigh", "replace", CLIENT, "lladdr", mac, "dev", "cable", "nud", "permanent")
        ip("-n", self.far, "addr", "del", f"{CLIENT}/24", "dev", "cable")


class FarServer(Server):
    def write_configuration(self):
        super().write_configuration()
        self.file.write_text(self.file.read_text().replace("127.0.0.1", SERVER))


class FarWire(Wire):
    address = SERVER


def clients_that_vanish(installation, identity):
    """Logged in over plain text and TLS, then gone: both sessions end without deleting, long before the idle time."""
    with Networks() as networks:
        command = installation.base / "in-near-namespace"
        command.write_text(f'#!/bin/sh\nexec ip netns exec {networks.near} {installation.command} "$@"\n')
        command.chmod(0o755)
        server = FarServer(installation, installation.base / "vanished", identity,
                           ['plaintext_auth = "always"', 'isolation = "session"'])
        server.installation = type(installation).__new__(type(installation))
        server.installation.__dict__.update(installation.__dict__, command=command)
        accounts = {mode: server.account(mode) for mode in ("plain", "tls")}
        for account in accounts.values():
            account.maildrop.store("new/1000000001.a", b"one\n")
        with server:
            wires = {mode: networks.call(FarWire, server, mode) for mode in accounts}
            for mode, wire in wires.items():
                wire.login(accounts[mode])
                wire.ok("DELE 1")
                # The last reply's acknowledgement may not stay behind: what is on its way is sent again for minutes.
                wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            networks.cut()
            limit = time.monotonic() + NOTICED_S
            while server.log().count("event=session_end") < 2:
                if time.monotonic() > limit:
                    raise Failure(f"a session of a client that is gone goes on:\n{server.log()}")
                time.sleep(1)
        for account in accounts.values():
            if account.maildrop.files() != ["new/1000000001.a"]:
                raise Failure("a client that never said QUIT has deleted")


def possible(identity):
    """Only root makes networks, and only where there is the tool for it."""
    return identity.is_root and shutil.which("ip") is not None
