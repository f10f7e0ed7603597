"""mpop, delivering into a Maildir of its own."""
from clients.mail import make_maildir, take_new
from clients.run_client import run_client

MODES = ("plain", "stls", "tls")
AUTH = {"plain": "user", "stls": "login", "tls": "plain"}
TLS = {"plain": "tls off", "stls": "tls on\ntls_starttls on\ntls_certcheck off",
       "tls": "tls on\ntls_starttls off\ntls_certcheck off"}


class Client:
    def __init__(self, server, account, mode, folder):
        self.folder = folder
        self.maildir = make_maildir(folder)
        self.file = folder / "mpoprc"
        port = server.tls_port if mode == "tls" else server.plain_port
        self.file.write_text(f"""account test
host 127.0.0.1
port {port}
user {account.name}
password {account.secret}
auth {AUTH[mode]}
{TLS[mode]}
received_header off
delivery maildir {self.maildir}
uidls_file {folder}/uidls
""")
        self.file.chmod(0o600)

    def mpop(self, keep):
        run_client(["mpop", "-C", self.file, f"--keep={keep}", "test"], self.folder)
        return take_new(self.maildir)

    def keep(self):
        return self.mpop("on")

    def delete(self):
        # What was fetched in keep mode is no news: all of it is wanted again.
        (self.folder / "uidls").unlink()
        return self.mpop("off")
