"""A client that vanishes without a word must be noticed: the kernel asks for it, in plain sessions, whose socket the
worker has, and in TLS sessions, whose socket stays with the frontend."""
from harness.results import Failure
from harness.server import wait_until
from harness.wire import Wire

KEEPALIVE, ESTABLISHED = "02", "01"


def timer(local_port, remote_port):
    """What the kernel waits for on the server's end of this connection (proc(5): tcp)."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in list(table)[1:]:
            fields = line.split()
            ends = [int(end.split(":")[1], 16) for end in fields[1:3]]
            if ends == [local_port, remote_port] and fields[3] == ESTABLISHED:
                return fields[5].split(":")[0]
    raise Failure("the connection is not there")


def sessions_are_kept_alive(server, account):
    for mode, port in (("plain", server.plain_port), ("stls", server.plain_port), ("tls", server.tls_port)):
        wire = Wire(server, mode)
        wire.login(account)
        # Until the client's end has acknowledged the last answer there is another one.
        wait_until(lambda: timer(port, wire.socket.getsockname()[1]) == KEEPALIVE, f"keepalive in mode {mode}")
        wire.ok("QUIT")
        wire.close()
