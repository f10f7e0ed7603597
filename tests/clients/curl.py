"""curl: it has no memory of its own, so the unique-ids of two runs are compared instead."""
from clients.mail import MAIL, expect_identical
from clients.run_client import run_client
from harness.results import Failure

MODES = ("plain", "stls", "tls")


class Client:
    def __init__(self, server, account, mode, folder):
        self.folder = folder
        scheme, port = ("pop3s", server.tls_port) if mode == "tls" else ("pop3", server.plain_port)
        self.url = f"{scheme}://127.0.0.1:{port}/"
        self.arguments = ["curl", "-sS", "-k", "--user", f"{account.name}:{account.secret}"]
        if mode == "stls":
            self.arguments += ["--ssl-reqd", "--login-options", "AUTH=LOGIN"]
        self.known = None

    def curl(self, *more):
        return run_client([*self.arguments, *more], self.folder)

    def keep(self):
        listing = self.curl("-X", "UIDL", self.url)
        if self.known is not None and self.known != listing:
            raise Failure(f"unique-ids have changed from {self.known!r} to {listing!r}")
        if self.known is not None:
            return []
        self.known = listing
        return self.retrieve()

    def retrieve(self):
        """All messages over one connection."""
        paths = [self.folder / f"curl-{number}" for number in range(1, len(MAIL) + 1)]
        arguments = [word for number, path in enumerate(paths, 1) for word in ("-o", path, f"{self.url}{number}")]
        self.curl(*arguments)
        return [path.read_bytes() for path in paths]

    def delete(self):
        fetched = self.retrieve()
        expect_identical(fetched)
        self.curl("--head", "-X", "DELE", *(f"{self.url}{number}" for number in range(1, len(MAIL) + 1)))
        return fetched
