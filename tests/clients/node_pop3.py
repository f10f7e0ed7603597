"""node-pop3 from npm, installed below the folder that the tests keep their files in."""
import shutil
import subprocess
from pathlib import Path

from clients.mail import make_maildir, take_new
from clients.run_client import run_client

MODES = ("plain", "tls")  # it has no STLS
SCRIPT = Path(__file__).with_name("node_pop3.mjs")
PACKAGE = "node-pop3@0.11.0"
INSTALL_S = 120


def missing(installation):
    """Why it cannot run, or None. Installs it once."""
    folder = installation.base / "node"
    if (folder / "node_modules").exists():
        return None
    if not shutil.which("npm"):
        return "npm is not installed"
    try:
        done = subprocess.run(["npm", "install", "--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts",
                               "--fetch-retries=0", "--cache", installation.base / "npm", "--prefix", folder, PACKAGE],
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        return "npm's registry does not answer"
    if done.returncode == 0:
        return None
    return "npm cannot fetch it: " + done.stderr.decode(errors="replace").partition("\n")[0]


class Client:
    def __init__(self, server, account, mode, folder):
        self.folder = folder
        self.maildir = make_maildir(folder)
        self.environment = {"NODE_POP3": str(server.installation.base / "node")}
        port = server.tls_port if mode == "tls" else server.plain_port
        self.arguments = ["node", SCRIPT, mode, port, account.name, account.secret, self.maildir]

    def node(self, what):
        run_client([*self.arguments, what], self.folder, environment=self.environment)
        return take_new(self.maildir)

    def keep(self):
        return self.node("keep")

    def delete(self):
        return self.node("delete")
