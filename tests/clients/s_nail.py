"""s-nail, copying everything into a Maildir; it has no memory of its own."""
from clients.mail import expect_identical, make_maildir, take_new
from clients.run_client import run_client

MODES = ("plain", "stls", "tls")


def as_sent(octets):
    """Its copies are as in an mbox: "From " quoted, and an empty line at the end where there was none."""
    octets = octets.replace(b"\n>From here", b"\nFrom here")
    had_one = octets.endswith(b"\n\n\n") or octets.index(b"\n\n") == len(octets) - 2
    return octets if had_one else octets[:-1]


class Client:
    def __init__(self, server, account, mode, folder):
        self.folder = folder
        self.maildir = make_maildir(folder)
        scheme, port = ("pop3s", server.tls_port) if mode == "tls" else ("pop3", server.plain_port)
        self.arguments = ["s-nail", "-n", "-#", "-Sv15-compat", "-Stls-verify=ignore", "-Snewfolders=maildir",
                          "-Spop3-auth=plain", "-Spop3-bulk-load"]
        if mode == "stls":
            self.arguments.append("-Spop3-use-starttls")
        self.arguments += ["-f", f"{scheme}://{account.name}:{account.secret}@127.0.0.1:{port}"]
        self.known = False

    def s_nail(self, *commands):
        run_client(self.arguments, self.folder,
                   given="\n".join([f"copy * maildir://{self.maildir}", *commands, ""]).encode())
        return [as_sent(octets) for octets in take_new(self.maildir)]

    def keep(self):
        fetched = self.s_nail("exit")
        if self.known:
            expect_identical(fetched)
            return []
        self.known = True
        return fetched

    def delete(self):
        return self.s_nail("delete *", "quit")
