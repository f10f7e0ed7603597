"""fetchmail, delivering to a script that writes one file a message."""
from clients.mail import make_delivery
from clients.run_client import run_client

MODES = ("plain", "stls", "tls")
TLS = {"plain": "sslproto ''", "stls": "sslproto 'TLS1.2+' no sslcertck", "tls": "ssl no sslcertck"}
NO_MAIL = 1
# fetchmail adds these whatever it is told.
ADDED = (b"Return-Path:", b"Received:")


class Client:
    def __init__(self, server, account, mode, folder):
        self.folder = folder
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        deliver = make_delivery(folder, self.inbox)
        port = server.tls_port if mode == "tls" else server.plain_port
        self.file = folder / "fetchmailrc"
        self.file.write_text(f"""set invisible
set no bouncemail
poll 127.0.0.1 service {port} protocol pop3 uidl no dns
  username "{account.name}" password "{account.secret}" {TLS[mode]} no rewrite no mimedecode
  mda "{deliver}"
""")
        self.file.chmod(0o600)

    @staticmethod
    def as_sent(octets):
        lines = octets.split(b"\n")
        while lines and (lines[0].startswith(ADDED) or lines[0].startswith(b"\t")):
            lines.pop(0)
        return b"\n".join(lines)

    def fetchmail(self, keep):
        run_client(["fetchmail", "-v", "-f", self.file, "--idfile", self.folder / "ids", "--pidfile",
                    self.folder / "pid", keep], self.folder, allowed=(0, NO_MAIL))
        fetched = []
        for path in sorted(self.inbox.iterdir()):
            fetched.append(self.as_sent(path.read_bytes()))
            path.unlink()
        return fetched

    def keep(self):
        return self.fetchmail("--keep")

    def delete(self):
        # What was fetched in keep mode is no news: all of it is wanted again.
        (self.folder / "ids").unlink(missing_ok=True)
        return self.fetchmail("--nokeep")
