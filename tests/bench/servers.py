"""The servers that are compared: started below a temporary folder, each on ports and in a control group of its own."""
import grp
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from bench.measure import usage_of
from harness.server import free_ports

PATIENCE_S = 30
FILES = min(100000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])

DOVECOT_COMMON = """\
listen = 127.0.0.1
base_dir = {own}/run
state_dir = {own}/run
log_path = {own}/log
mail_location = maildir:~/Maildir:INDEX={own}/caches/%u:CONTROL={own}/caches/%u
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{base}/cert.pem
ssl_key = <{base}/key.pem
service pop3-login {{
  inet_listener pop3 {{
    port = {plain}
  }}
  inet_listener pop3s {{
    port = {tls}
    ssl = yes
  }}
}}
"""
DOVECOT_ACCOUNTS = """\
passdb {{
  driver = passwd-file
  args = {users}
}}
userdb {{
  driver = passwd-file
  args = {users}
}}
"""
# Debian's configuration, with these accounts asked first, and other ports and places.
DOVECOT_PACKAGED = DOVECOT_ACCOUNTS + "!include {own}/etc/dovecot.conf\nprotocols = pop3\n" + DOVECOT_COMMON
# Processes serve many connections, nothing is logged for each, sizes come from file names, flags are not touched.
DOVECOT_TUNED = "protocols = pop3\n" + DOVECOT_COMMON + DOVECOT_ACCOUNTS + """\
info_log_path = /dev/null
verbose_proctitle = no
first_valid_uid = 500
default_client_limit = 16000
default_vsz_limit = 0
mail_max_userip_connections = 0
maildir_very_dirty_syncs = yes
pop3_fast_size_lookups = yes
pop3_no_flag_updates = yes
pop3_lock_session = no
auth_cache_size = 16M
service pop3-login {{
  service_count = 0
  client_limit = 16000
  process_min_avail = {cores}
  process_limit = {cores}
}}
service pop3 {{
  service_count = 10000
  process_min_avail = {cores}
  process_limit = 4096
}}
service anvil {{
  client_limit = 16000
}}
service auth {{
  client_limit = 18000
}}
"""
RESTANTE = """\
hostname = "localhost"
listen = {{
  {{ address = "127.0.0.1", port = {plain}, tls = "starttls" }},
  {{ address = "127.0.0.1", port = {tls}, tls = "implicit" }},
}}
tls = {{ certificate = "{base}/cert.pem", key = "{base}/key.pem" }}
auth = {{ driver = "file", path = "{users}" }}
storage = {{ driver = "maildir", path = "{base}/mail/%{{user}}/Maildir" }}
state = "{own}/caches"
log = {{ destination = "{own}/log" }}
program_path = "{prefix}/libexec/restante"
module_path = {{ "{prefix}/lib/restante" }}
isolation = "{isolation}"
{more}
"""
POLICIES = Path(__file__).parent / "policies"


class Server:
    # Packaged Dovecot serves no more than 100 strangers at the same time.
    most_strangers = 15000

    def __init__(self, key, label, mail):
        self.key = key
        self.label = label
        self.mail = mail
        self.own = mail.base / key
        self.file = self.own / "conf"
        self.plain, self.tls = free_ports(2)
        self.process = None
        self.usage = None
        self.own.mkdir()

    def names(self):
        return {"own": self.own, "base": self.mail.base, "users": self.mail.users, "plain": self.plain,
                "tls": self.tls, "cores": os.cpu_count()}

    def prepare_process(self):
        self.usage.join()
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))

    def start(self):
        self.usage = usage_of(self.key)
        with open(self.own / "output", "wb") as output:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            preexec_fn=self.prepare_process, cwd="/")
        self.usage.watch(self.process.pid)
        limit = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.tls), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > limit:
                    raise SystemExit(f"{self.label} does not start: see {self.own}/output and log") from None
                time.sleep(0.05)

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        limit = time.monotonic() + PATIENCE_S
        while self.usage.pids() and time.monotonic() < limit:
            time.sleep(0.02)
        self.usage.close()

    def forget(self):
        """The next login is everybody's first."""
        for entry in (self.own / "caches").iterdir():
            if entry.is_dir():  # the control socket is there, too
                shutil.rmtree(entry)


def copy_configuration(to, base):
    """Debian's files, with our certificate: theirs is read even where it is replaced later, and may not be there."""
    shutil.copytree("/etc/dovecot", to, ignore=shutil.ignore_patterns("private"))
    ssl = to / "conf.d" / "10-ssl.conf"
    ssl.write_text(ssl.read_text().replace("/etc/dovecot/private/dovecot.pem", f"{base}/cert.pem")
                   .replace("/etc/dovecot/private/dovecot.key", f"{base}/key.pem"))


class Dovecot(Server):
    def __init__(self, key, label, mail, text, most_strangers):
        super().__init__(key, label, mail)
        self.most_strangers = most_strangers
        caches = self.own / "caches"
        caches.mkdir()
        caches.chmod(0o777)
        copy_configuration(self.own / "etc", mail.base)
        self.file.write_text(text.format(**self.names()))

    def command(self):
        return ["dovecot", "-F", "-c", str(self.file)]


class Restante(Server):
    def __init__(self, key, label, mail, prefix, isolation, more=""):
        super().__init__(key, label, mail)
        self.prefix = prefix
        self.file.write_text(RESTANTE.format(prefix=prefix, isolation=isolation, more=more, **self.names()))

    def command(self):
        return [str(self.prefix / "sbin" / "restante"), "serve", "-c", str(self.file)]

    def is_possible(self):
        """False where this build does not know the isolation."""
        return subprocess.run([self.command()[0], "check", "-c", self.file], capture_output=True).returncode == 0


def has_dovecot():
    return shutil.which("dovecot") is not None and os.path.exists("/etc/dovecot/dovecot.conf")


def mail_group():
    """The passwd file's: Restante's workers get it, Dovecot's auth process has it."""
    return grp.getgrnam("dovecot" if has_dovecot() else "mail").gr_gid


def servers(mail, prefix, others):
    """Those that can run here. `others` are further installations of Restante: (name, prefix)."""
    found = []
    for name, place in (("restante", prefix), *others):
        title = "Restante" if name == "restante" else f"Restante {name}"
        for isolation in ("session", "uid"):
            server = Restante(f"{name}-{isolation}", f"{title}, {isolation}", mail, place, isolation)
            if server.is_possible():
                found.append(server)
    if has_dovecot():
        found.append(Dovecot("dovecot-tuned", "Dovecot, tuned", mail, DOVECOT_TUNED, 15000))
        found.append(Dovecot("dovecot-packaged", "Dovecot, packaged", mail, DOVECOT_PACKAGED, 90))
    return found


def policy_setting(mail, name, count):
    """`count` times the script of this name, or the shipped policy of it."""
    own = POLICIES / f"{name}.lua"
    script = shutil.copy(own, mail.base) if own.exists() else name  # below a folder that root alone can write
    keep = ', keep = "10000d"' if name == "retention" else ""
    items = ", ".join(f'{{ name = "{name}-{number}", script = "{script}"{keep} }}' for number in range(1, count + 1))
    return f"policy = {{ {items} }}" if count else ""


def policy_servers(mail, prefix):
    """Restante beside itself: with none, one and five policies, with five that are never asked, and with retention."""
    found = []
    for isolation in ("session", "uid"):
        for key, label, name, count in (("none", "no policy", "asked", 0), ("unasked", "5, never asked", "unasked", 5),
                                        ("one", "1", "asked", 1), ("five", "5", "asked", 5),
                                        ("retention", "retention", "retention", 1)):
            found.append(Restante(f"policies-{key}-{isolation}", f"{isolation}, {label}", mail, prefix, isolation,
                                  policy_setting(mail, name, count)))
    return found
