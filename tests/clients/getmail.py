"""getmail6, delivering to a script that writes one file a message: as root it refuses to write a Maildir."""
from clients.mail import make_delivery, make_maildir, take_new
from clients.run_client import run_client

MODES = ("plain", "tls")  # it has no STLS
# It starts a process for each message, whatever it delivers to, and only then gets ready for that one's end: one that is
# quicker is waited for in vain. So this one ends when getmail sleeps and has a handler for SIGCHLD.
UNTIL_AWAITED = r"""
awaited() { grep -q '^State:.S' "$1" && grep -Eq '^SigCgt:.*[13579bdf].{4}$' "$1"; }
while [ -e /proc/$PPID/status ] && ! awaited /proc/$PPID/status; do sleep 0.01; done
"""
ADDED = b"Return-Path: <unknown>\n"


class Client:
    def __init__(self, server, account, mode, folder):
        self.server, self.account, self.mode, self.folder = server, account, mode, folder
        self.maildir = make_maildir(folder)
        self.deliver = make_delivery(folder, self.maildir / "new", UNTIL_AWAITED)

    def getmail(self, delete, read_all):
        is_tls = self.mode == "tls"
        file = self.folder / "getmailrc"
        file.write_text(f"""[retriever]
type = {"SimplePOP3SSLRetriever" if is_tls else "SimplePOP3Retriever"}
server = 127.0.0.1
port = {self.server.tls_port if is_tls else self.server.plain_port}
username = {self.account.name}
password = {self.account.secret}
{f"ca_certs = {self.server.base}/cert.pem" if is_tls else ""}
[destination]
type = MDA_external
path = {self.deliver}
allow_root_commands = true
[options]
delete = {delete}
read_all = {read_all}
delivered_to = false
received = false
""")
        run_client(["getmail", "--getmaildir", self.folder, "--rcfile", file], self.folder)
        return [octets.removeprefix(ADDED) for octets in take_new(self.maildir)]

    def keep(self):
        return self.getmail(delete=False, read_all=False)

    def delete(self):
        return self.getmail(delete=True, read_all=True)
