"""mutt with the mailbox open as a folder: it reads headers with TOP and caches messages by their unique-ids."""
import re

from clients.mail import expect_identical, make_maildir, take_new
from clients.run_client import run_client_on_terminal
from harness.results import Failure

MODES = ("plain", "stls", "tls")
# A copy gets these.
ADDED = re.compile(rb"(?m)^Content-Length: \d+\n(Lines: \d+\n)?")


class Client:
    def __init__(self, server, account, mode, folder):
        self.server, self.account, self.folder = server, account, folder
        self.maildir = make_maildir(folder)
        (self.folder / "cache").mkdir()
        scheme, port = ("pops", server.tls_port) if mode == "tls" else ("pop", server.plain_port)
        self.file = folder / "muttrc"
        self.file.write_text(f"""set folder={folder} spoolfile=pop{"s" if mode == "tls" else ""}://127.0.0.1:{port}/
set pop_user={account.name} pop_pass={account.secret}
set certificate_file={server.base}/cert.pem ssl_starttls={"yes" if mode == "stls" else "no"}
set ssl_force_tls={"no" if mode == "plain" else "yes"}
set message_cachedir={folder}/cache mbox_type=Maildir
set confirmcreate=no confirmappend=no delete=yes move=no wait_key=no sleep_time=0 copy=yes quit=yes mark_old=no
""")
        self.url = f"{scheme}://127.0.0.1:{port}/"
        self.known = False

    def mutt(self, keys):
        copy_all = f"<tag-pattern>.<enter><tag-prefix><copy-message><kill-line>{self.maildir}<enter>"
        run_client_on_terminal(["mutt", "-n", "-F", self.file, "-f", self.url, "-e",
                                f"push '{copy_all}{keys}<quit>'"], self.folder)
        return [ADDED.sub(b"", octets, count=1) for octets in take_new(self.maildir)]

    def sessions(self):
        return [line for line in self.server.log().splitlines()
                if "event=session_end" in line and f"user={self.account.name} " in line]

    def keep(self):
        fetched = self.mutt("")
        if not self.known:
            self.known = True
            return fetched
        expect_identical(fetched)
        if "retrieved=0" not in self.sessions()[-1]:
            raise Failure(f"messages that were in its cache were retrieved again: {self.sessions()[-1]}")
        return []

    def delete(self):
        return self.mutt("<untag-pattern>.<enter><delete-pattern>.<enter>")
