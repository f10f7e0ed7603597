"""Perl's Net::POP3; its TLS needs IO::Socket::SSL."""
from pathlib import Path

from clients.mail import make_maildir, take_new
from clients.run_client import run_client

MODES = ("plain", "stls", "tls")
SCRIPT = Path(__file__).with_name("net_pop3.pl")


class Client:
    def __init__(self, server, account, mode, folder):
        self.folder = folder
        self.maildir = make_maildir(folder)
        port = server.tls_port if mode == "tls" else server.plain_port
        self.arguments = ["perl", SCRIPT, mode, port, account.name, account.secret, self.maildir]

    def perl(self, what):
        run_client([*self.arguments, what], self.folder)
        return take_new(self.maildir)

    def keep(self):
        return self.perl("keep")

    def delete(self):
        return self.perl("delete")
