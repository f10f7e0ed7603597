"""One client's connection: plain, after STLS, or TLS from the start."""
import socket
import ssl

from harness.results import Failure
from harness.server import PATIENCE_S

MODES = ("plain", "stls", "tls")


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Wire:
    address = "127.0.0.1"

    def __init__(self, server, mode):
        port = server.tls_port if mode == "tls" else server.plain_port
        self.socket = socket.create_connection((self.address, port), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""
        if mode == "tls":
            self.begin_tls()
        self.greeting = self.line()
        if mode == "stls":
            self.send(b"STLS\r\n")
            self.expect_ok()
            self.begin_tls()

    def begin_tls(self):
        self.socket = tls_context().wrap_socket(self.socket)

    def send(self, octets):
        self.socket.sendall(octets)

    def receive(self):
        """More octets; b"" at the end."""
        try:
            return self.socket.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def read_to_the_end(self):
        """All octets up to the end of the connection."""
        parts = [self.unread]
        while more := self.receive():
            parts.append(more)
        return b"".join(parts)

    def line(self):
        """The next line without its CRLF."""
        while b"\r\n" not in self.unread:
            more = self.receive()
            if not more:
                raise EOFError(f"the server closed the connection; before that it sent {self.unread!r}")
            self.unread += more
        line, self.unread = self.unread.split(b"\r\n", 1)
        return line

    def multiline(self):
        """The lines of a reply up to the lone dot, stuffing undone."""
        lines = []
        while (line := self.line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        return lines

    def expect_ok(self):
        line = self.line()
        if not line.startswith(b"+OK"):
            raise Failure(f"expected +OK, got {line!r}")
        return line

    def command(self, text):
        self.send(text.encode("latin-1") + b"\r\n")
        return self.line()

    def ok(self, text):
        line = self.command(text)
        if not line.startswith(b"+OK"):
            raise Failure(f"{text.split()[0]}: expected +OK, got {line!r}")
        return line

    def login(self, account):
        self.ok(f"USER {account.name}")
        return self.ok(f"PASS {account.secret}")

    def expect_close(self):
        rest = self.unread or self.receive()
        if rest:
            raise Failure(f"expected the end of the connection, got {rest!r}")

    def half_close(self):
        """The end of what we send; an SSL socket's own shutdown would end reading too."""
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def close(self):
        self.socket.close()
