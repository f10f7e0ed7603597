"""Perl's Net::POP3; its TLS needs IO::Socket::SSL."""
import subprocess
from pathlib import Path

from clients.mail import make_maildir, take_new
from clients.run_client import run_client

MODES = ("plain", "stls", "tls")
SCRIPT = Path(__file__).with_name("net_pop3.pl")


def missing(_installation):
    has_tls = subprocess.run(["perl", "-MIO::Socket::SSL", "-e", "1"], capture_output=True).returncode == 0
    return None if has_tls else "perl lacks IO::Socket::SSL"


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
