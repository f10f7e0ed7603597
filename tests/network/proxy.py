"""Behind a proxy: the PROXY protocol spoken by hand and by HAProxy."""
import contextlib
import shutil
import socket
import subprocess

from harness.results import Failure
from harness.server import PATIENCE_S, Server, free_ports, wait_until
from harness.wire import Wire, tls_context

LISTEN = ('listen = {{ {{ address = "127.0.0.1", port = {plain}, proxy = true }}, '
          '{{ address = "127.0.0.1", port = {tls}, tls = "implicit", proxy = true }} }}')


class ProxiedServer(Server):
    """Both listeners expect a header."""

    def write_configuration(self):
        super().write_configuration()
        text = self.file.read_text()
        start, end = text.index("listen = {"), text.index("tls = { certificate")
        listen = LISTEN.format(plain=self.plain_port, tls=self.tls_port)
        self.file.write_text(text[:start] + listen + "\n" + text[end:])


def make_server(installation, identity, name, conf=()):
    server = ProxiedServer(installation, installation.base / f"network-{identity.name}-{name}", identity,
                           ['proxy_networks = { "127.0.0.1", "192.0.2.0/24" }', *conf])
    account = server.account("alice")
    account.maildrop.store("new/1000000001.a", b"one\n")
    return server, account


class ProxyWire(Wire):
    """A proxy's connection: `header`, then what its client says."""

    def __init__(self, server, mode, header, source="127.0.0.1"):
        port = server.tls_port if mode == "tls" else server.plain_port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S, source_address=(source, 0))
        self.unread = b""
        self.socket.sendall(header)
        if mode == "tls":
            self.begin_tls()
        self.greeting = self.line()


def v1(client):
    return b"PROXY TCP4 %s 127.0.0.1 56324 110\r\n" % client.encode()


def v2(client, extra=b""):
    addresses = socket.inet_aton(client) + socket.inet_aton("127.0.0.1") + b"\xdc\x04\x00\x6e" + extra
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + len(addresses).to_bytes(2, "big") + addresses


def line_with(log, *parts):
    for line in log.splitlines():
        if all(part in line for part in parts):
            return line
    raise Failure(f"no line with {parts} in the log:\n{log}")


def headers_by_hand(installation, identity):
    """The client that the header names is the one that is logged and counted; its proxy is named beside it."""
    server, account = make_server(installation, identity, "hand", ['limits = { connections_per_address = 1 }',
                                                                   'plaintext_auth = "always"'])
    with server:
        for mode, header in (("plain", v1("203.0.113.5")), ("tls", v2("203.0.113.6", b"\x04\0\2ab"))):
            wire = ProxyWire(server, mode, header)
            wire.login(account)
            other = ProxyWire(server, mode, v1("203.0.113.9"))  # another client of the same proxy
            second = ProxyWire(server, mode, header)            # the same client again
            if not (second.greeting.startswith(b"-ERR") or second.line().startswith(b"-ERR [SYS/TEMP]")):
                raise Failure("a client has got more connections than connections_per_address")
            other.close()
            wire.ok("QUIT")
            server.wait_for_log("event=session_end", 1 if mode == "plain" else 2)
        log = server.log()
    line_with(log, "event=connect", "peer=203.0.113.5", "proxy=127.0.0.1")
    line_with(log, "event=login", "peer=203.0.113.5")
    line_with(log, "event=login", "peer=203.0.113.6")


def policies_judge_the_client(installation, identity):
    """Not its proxy: a policy is told the address that the header names, and whether that client speaks TLS."""
    server, account = make_server(installation, identity, "policies", [
        'plaintext_auth = "always"',
        'policy = { driver = "access", rules = { "deny * from 127.0.0.0/8", "allow * from 203.0.113.0/24 with tls" } }'])
    with server:
        wire = ProxyWire(server, "tls", v2("203.0.113.5"))
        wire.login(account)
        wire.ok("QUIT")
        for mode, client, text in (("tls", "198.51.100.7", b"this account cannot be used from your network"),
                                   ("plain", "203.0.113.5", b"this account needs an encrypted connection (TLS)")):
            wire = ProxyWire(server, mode, v1(client))
            wire.ok(f"USER {account.name}")
            answer = wire.command(f"PASS {account.secret}")
            if answer != b"-ERR [SYS/PERM] " + text:
                raise Failure(f"{client} got {answer!r}")
            server.wait_for_log(f"peer={client} policy=access")


def expect_closed(port, octets, source="127.0.0.1"):
    """Closed without a word."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S, source_address=(source, 0)) as one:
        one.sendall(octets)
        try:
            got = one.recv(100)
        except ConnectionResetError:
            got = b""
    if got:
        raise Failure(f"{octets!r} was answered with {got!r}")


def without_a_header(installation, identity):
    """Who sends none, a wrong one or too little of one, and who may not send one, is closed with one line each."""
    server, account = make_server(installation, identity, "without", ['timeouts = { login = "1s" }'])
    with server:
        expect_closed(server.plain_port, b"USER alice\r\n")
        expect_closed(server.plain_port, b"PROXY TCP4 1.2.3.4\r\n")
        expect_closed(server.tls_port, b"\x16\x03\x01\x00\x05hello")
        expect_closed(server.plain_port, v2("203.0.113.5")[:20])
        expect_closed(server.plain_port, v1("203.0.113.5"), source="127.0.0.2")
        server.wait_for_log("event=disconnect", 5)
        log = server.log()
    if "event=connect " in log:
        raise Failure(f"a connection without a good header was begun:\n{log}")
    if log.count("peer=") != 5:
        raise Failure(f"not one line for each:\n{log}")
    for reason in ("no PROXY header", "malformed version 1 line", "proxy-header-timeout"):
        line_with(log, "event=disconnect", "peer=127.0.0.1", "proxy=127.0.0.1", reason)
    line_with(log, "event=disconnect", "peer=127.0.0.2", "not in proxy_networks")


def passwords_of_proxied_clients(installation, identity):
    """plaintext_auth = "loopback" is about the client: the proxy's own address opens nothing."""
    server, account = make_server(installation, identity, "plaintext", ['plaintext_auth = "loopback"'])
    with server:
        wire = ProxyWire(server, "plain", v1("203.0.113.5"))
        if wire.command("USER alice").startswith(b"+OK"):
            raise Failure("a password in the clear from elsewhere")
        ProxyWire(server, "plain", v2("127.0.0.9")).login(account)


@contextlib.contextmanager
def haproxy(server, option):
    """HAProxy in front of both listeners; yields its ports as a server would have them."""
    plain, tls = free_ports(2)
    configuration = server.base / f"haproxy-{option}.cfg"
    configuration.write_text(
        "defaults\n  mode tcp\n  timeout connect 10s\n  timeout client 60s\n  timeout server 60s\n" + "".join(
            f"listen {name}\n  bind 127.0.0.1:{port}\n  server restante 127.0.0.1:{target} {option}\n"
            for name, port, target in (("plain", plain, server.plain_port), ("tls", tls, server.tls_port))))
    process = subprocess.Popen(["haproxy", "-db", "-f", configuration], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: process.poll() is not None or listens(plain), "HAProxy")
        yield {"plain": plain, "stls": plain, "tls": tls}
    finally:
        process.terminate()
        process.wait()


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def real_haproxy(installation, identity):
    """send-proxy and send-proxy-v2 as HAProxy means them, plain, with STLS and with implicit TLS."""
    server, account = make_server(installation, identity, "haproxy", ['plaintext_auth = "always"'])
    with server:
        for number, option in enumerate(("send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id")):
            with haproxy(server, option) as ports:
                for mode, port in ports.items():
                    client = f"127.0.{number + 1}.{len(mode)}"
                    raw = socket.create_connection(("127.0.0.1", port), PATIENCE_S, source_address=(client, 0))
                    wire = Wire.__new__(Wire)
                    wire.socket = tls_context().wrap_socket(raw) if mode == "tls" else raw
                    wire.unread = b""
                    wire.line()
                    if mode == "stls":
                        wire.ok("STLS")
                        wire.begin_tls()
                    wire.login(account)
                    if len(wire.ok("STAT").split()) != 3:
                        raise Failure("no STAT through HAProxy")
                    wire.ok("QUIT")
                    wire.close()
                    server.wait_for_log("event=session_end", number * 3 + list(ports).index(mode) + 1)
                    line_with(server.log(), "event=login", f"peer={client}")


TESTS = (headers_by_hand, policies_judge_the_client, without_a_header, passwords_of_proxied_clients) + (
    (real_haproxy,) if shutil.which("haproxy") else ())
