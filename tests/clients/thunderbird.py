"""Thunderbird without a person: a prepared profile, and Marionette to set the password and ask for new mail.

Under RESTANTE_DISPLAY=:N it shows itself on that X server and leaves a picture of its window in the test's folder;
otherwise it runs headless.
"""
import base64
import json
import os
import shutil
import signal
import subprocess

from clients.marionette import Marionette
from clients.run_client import clean_environment
from harness.results import Failure
from harness.server import PATIENCE_S, free_ports

MODES = ("plain", "stls", "tls")
SOCKET_TYPE = {"plain": 0, "stls": 2, "tls": 3}
PASSWORD_SENT_AS_IT_IS = 3
# It puts these before a message that it stores.
ADDED = (b"X-Account-Key:", b"X-UIDL:", b"X-Mozilla-Status:", b"X-Mozilla-Status2:", b"X-Mozilla-Keys:")

GET_NEW_MAIL = """
const [password, leavesMail, done] = arguments;
(async () => {
  const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const server = MailServices.accounts.getIncomingServer("server1");
  server.password = password;
  server.setBoolValue("leave_on_server", leavesMail);
  const inbox = server.rootFolder.getChildNamed("Inbox");
  const status = await new Promise(resolve => MailServices.pop3.GetNewMail(
    null, {OnStartRunningUrl() {}, OnStopRunningUrl(url, status) { resolve(status); }}, inbox, server));
  done({status, inbox: inbox.filePath.path});
})().catch(error => done({error: String(error)}));
"""


def missing(_installation):
    return None if shutil.which("thunderbird") else "thunderbird is not installed"


def preferences(server, account, mode, marionette_port):
    """One POP3 account, the local folders, and nothing that asks, looks for updates or reports home."""
    one, local = "mail.server.server1.", "mail.server.server2."
    return {
        "mail.accountmanager.accounts": "account1,account2",
        "mail.accountmanager.defaultaccount": "account1",
        "mail.accountmanager.localfoldersserver": "server2",
        "mail.account.account1.identities": "id1",
        "mail.account.account1.server": "server1",
        "mail.account.account2.server": "server2",
        "mail.identity.id1.useremail": "a@example.org",
        "mail.identity.id1.valid": True,
        one + "type": "pop3",
        one + "hostname": "127.0.0.1",
        one + "port": server.tls_port if mode == "tls" else server.plain_port,
        one + "userName": account.name,
        one + "name": account.name,
        one + "socketType": SOCKET_TYPE[mode],
        one + "authMethod": PASSWORD_SENT_AS_IT_IS,
        one + "leave_on_server": True,
        one + "check_new_mail": False,
        one + "login_at_startup": False,
        one + "storeContractID": "@mozilla.org/msgstore/maildirstore;1",
        local + "type": "none",
        local + "hostname": "Local Folders",
        local + "userName": "nobody",
        local + "name": "Local Folders",
        "app.update.enabled": False,
        "app.donation.eoy.version.viewed": 999,
        "datareporting.policy.dataSubmissionEnabled": False,
        "mail.provider.enabled": False,
        "mail.rights.version": 1,
        "mail.shell.checkDefaultClient": False,
        "mail.spotlight.firstRunDone": True,
        "mailnews.start_page.enabled": False,
        "mailnews.start_page_override.mstone": "ignore",
        "marionette.port": marionette_port,
        # Nothing leaves this machine: the web is behind a proxy that is not there.
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": 9,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": 9,
        "extensions.getAddons.cache.enabled": False,
    }


def as_sent(octets):
    lines = octets.split(b"\n")
    while lines[0].startswith(ADDED):
        lines.pop(0)
    return b"\n".join(lines)


class Client:
    def __init__(self, server, account, mode, folder):
        self.server, self.account, self.folder = server, account, folder
        self.profile = folder / "profile"
        self.profile.mkdir()
        self.marionette_port, = free_ports(1)
        (self.profile / "user.js").write_text("".join(
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in preferences(server, account, mode, self.marionette_port).items()))
        self.fetched = set()

    def start(self):
        display = os.environ.get("RESTANTE_DISPLAY")
        environment = clean_environment(self.folder, {"DISPLAY": display} if display else {"MOZ_HEADLESS": "1"})
        with (self.folder / "thunderbird.log").open("wb") as log:
            return subprocess.Popen(
                ["thunderbird", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile",
                 self.profile], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)

    def get_new_mail(self, leaves_mail):
        """A whole life of the program: start, one visit to the server, end. What it has stored since the last one."""
        process = self.start()
        try:
            marionette = Marionette(self.marionette_port, lambda: process.poll() is None)
            marionette.command("WebDriver:NewSession", acceptInsecureCerts=True)
            marionette.command("Marionette:SetContext", value="chrome")
            said = marionette.run(GET_NEW_MAIL, self.account.secret, leaves_mail)
            if said.get("status") != 0:
                raise Failure(f"getting new mail: {said}")
            self.take_picture(marionette)
            marionette.command("Marionette:Quit", flags=["eAttemptQuit"])
            marionette.close()
            process.wait(PATIENCE_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return self.take_new(said["inbox"])

    def take_picture(self, marionette):
        if "RESTANTE_DISPLAY" in os.environ:
            picture = marionette.command("WebDriver:TakeScreenshot", full=False)["value"]
            (self.folder / "thunderbird.png").write_bytes(base64.b64decode(picture))

    def take_new(self, inbox):
        paths = [os.path.join(inbox, "cur", name) for name in os.listdir(os.path.join(inbox, "cur"))]
        new = [path for path in paths if path not in self.fetched]
        self.fetched.update(new)
        octets = []
        for path in new:
            with open(path, "rb") as file:
                octets.append(as_sent(file.read()))
        return octets

    def keep(self):
        return self.get_new_mail(leaves_mail=True)

    def delete(self):
        """Leaving mail on the server is switched off: it deletes there what it has, without fetching it again."""
        fetched = self.get_new_mail(leaves_mail=False)
        if fetched:
            raise Failure(f"{len(fetched)} messages that it had were fetched again")
        return self.everything()

    def everything(self):
        octets = []
        for path in self.fetched:
            with open(path, "rb") as file:
                octets.append(as_sent(file.read()))
        return octets
