"""Certificates: by name (SNI), by kind of key, and replaced on disk while the server runs."""
import os
import signal
import socket
import ssl
import subprocess
import time

from harness.results import Failure
from harness.server import PATIENCE_S, Server, wait_until
from harness.wire import Wire
from rooms.processes import rooms


def make_pair(folder, name, hosts, key="ec", days="30"):
    kind = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"]}[key]
    subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", days, "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts), "-keyout",
                    folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True)
    (folder / f"{name}.key").chmod(0o600)


def subject(port, name=None, options=()):
    """The common name of what a client is given, asked with OpenSSL's own client."""
    asked = ["-servername", name] if name else ["-noservername"]
    shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *asked, *options], input="QUIT\r\n",
                           capture_output=True, text=True, timeout=PATIENCE_S)
    for line in shown.stdout.splitlines():
        if line.startswith("subject="):
            return line.split("CN = ")[-1].strip()
    return None


def expect_subject(port, wanted, name=None, options=()):
    got = subject(port, name, options)
    if got != wanted:
        raise Failure(f"asked for {name} {options}: got {got}, not {wanted}")


def server_with(installation, identity, name, *lines):
    server = Server(installation, installation.base / f"network-{identity.name}-{name}", identity, list(lines))
    account = server.account("alice")
    account.maildrop.store("new/1000000001.a", b"one\n")
    return server, account


class SeveralCertificates(Server):
    def write_configuration(self):
        super().write_configuration()
        text = self.file.read_text().replace(f'key = "{self.base}/key.pem" }}', f'key = "{self.base}/key.pem", sni = {{\n'
            + "".join(f'{{ certificate = "{self.base}/{name}.pem", key = "{self.base}/{name}.key" }},\n'
                      for name in ("net", "net-rsa", "wild")) + "} }")
        self.file.write_text(text)


def by_name(installation, identity):
    """Each name its certificate, each client the kind of key it can use, over implicit TLS and STLS."""
    server = SeveralCertificates(installation, installation.base / f"network-{identity.name}-sni", identity)
    account = server.account("alice")
    make_pair(server.base, "net", ["pop.example.net"])
    make_pair(server.base, "net-rsa", ["pop.example.net"], "rsa")
    make_pair(server.base, "wild", ["*.example.com"])
    with server:
        port = server.tls_port
        for name, wanted in ((None, "localhost"), ("elsewhere.example", "localhost"), ("pop.example.net", "net"),
                             ("POP.example.NET", "net"), ("a.example.com", "wild"), ("example.com", "localhost"),
                             ("b.a.example.com", "localhost")):
            expect_subject(port, wanted, name)
        for version in ("-tls1_2", "-tls1_3"):
            expect_subject(port, "net-rsa", "pop.example.net", [version, "-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256"])
            expect_subject(port, "net", "pop.example.net", [version, "-sigalgs", "ECDSA+SHA256"])
        expect_subject(server.plain_port, "wild", "a.example.com", ["-starttls", "pop3"])
        # A Python client that checks certificate and name, as mail programs do.
        context = ssl.create_default_context(cafile=server.base / "wild.pem")
        with socket.create_connection(("127.0.0.1", port)) as raw, \
                context.wrap_socket(raw, server_hostname="mx.example.com") as one:
            if not one.recv(100).startswith(b"+OK"):
                raise Failure("no greeting")
        wire = Wire(server, "tls")
        wire.login(account)
        wire.ok("QUIT")


def hardening(installation, identity):
    """Old versions and other protocols get no handshake; nothing can be negotiated anew."""
    server, _ = server_with(installation, identity, "tls")
    with server:
        port = server.tls_port
        expect_subject(port, None, None, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        expect_subject(port, None, None, ["-alpn", "imap"])
        expect_subject(port, "localhost", None, ["-alpn", "pop3"])
        client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2"], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        while not client.stdout.readline().startswith("+OK"):
            pass  # not before the greeting has come: it would disturb the client
        shown, _ = client.communicate("R\n", timeout=PATIENCE_S)
        if "no renegotiation" not in shown:
            raise Failure(f"renegotiation was not refused:\n{shown}")


class WatchingServer(Server):
    def write_configuration(self):
        super().write_configuration()
        self.file.write_text(self.file.read_text().replace('key.pem" }', 'key.pem", check_interval = "1s" }'))

    def put(self, source, what):
        """Replace one file as a careful program does: by renaming."""
        suffix = {"cert": "pem", "key": "key"}[what]
        path = self.base / f"{what}.pem"
        new = path.with_suffix(".new")
        new.write_bytes((self.base / f"{source}.{suffix}").read_bytes())
        new.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(new, self.identity.uid, self.identity.gid)
        new.rename(path)


def watching(installation, identity, name):
    server = WatchingServer(installation, installation.base / f"network-{identity.name}-{name}", identity)
    account = server.account("alice")
    account.maildrop.store("new/1000000001.a", b"one\n")
    for one in ("second", "third"):
        make_pair(server.base, one, ["localhost"])
    return server, account


def everybody_gives(server, wanted):
    """Whichever of the frontends answers."""
    for _ in range(8):
        expect_subject(server.tls_port, wanted)


def replaced_on_disk(installation, identity):
    """A renewed pair is taken up by all frontends without a reload, whichever file comes first; sessions go on."""
    server, account = watching(installation, identity, "renewed")
    with server:
        old = Wire(server, "tls")
        old.login(account)
        server.put("second", "key")
        time.sleep(0.3)
        server.put("second", "cert")
        server.wait_for_log("event=certificate")
        wait_until(lambda: all(subject(server.tls_port) == "second" for _ in range(8)), "the second certificate")
        old.ok("NOOP")
        # A frontend that takes another's place has it too.
        for process in rooms(server)["frontend"][:1]:
            os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: all(len(rooms(server).get(kind, ())) == count for kind, count in (("frontend", 2),)),
                   "a new frontend")
        time.sleep(0.5)
        everybody_gives(server, "second")
        # Key and certificate a long while apart: the pair in between is refused, the whole one taken.
        server.put("third", "cert")
        server.wait_for_log("the certificate in force is kept")
        everybody_gives(server, "second")
        server.put("third", "key")
        server.wait_for_log("event=certificate", 2)
        wait_until(lambda: all(subject(server.tls_port) == "third" for _ in range(8)), "the third certificate")
        if "does not belong to the first certificate" not in server.log():
            raise Failure(f"why the pair was refused is not said:\n{server.log()}")


def bad_pairs_are_refused(installation, identity):
    """Half a file, none, or another's key: said once with the file's name, the old pair stays, good files heal it."""
    server, account = watching(installation, identity, "bad")
    with server:
        certificate = server.base / "cert.pem"
        good = certificate.read_bytes()
        (server.base / "half.pem").write_bytes(good[:300])
        server.put("half", "cert")
        log = server.wait_for_log("the certificate in force is kept")
        if f"tls.certificate {certificate} holds no PEM certificate" not in log:
            raise Failure(f"the fault is not named:\n{log}")
        time.sleep(3)  # three looks: it is not tried again while nothing changes
        if server.log().count("the certificate in force is kept") != 1:
            raise Failure(f"refused more than once:\n{server.log()}")
        everybody_gives(server, "localhost")
        certificate.unlink()
        log = server.wait_for_log("the certificate in force is kept", 2)
        if f"cannot read {certificate}" not in log:
            raise Failure(f"a missing file is not named:\n{log}")
        everybody_gives(server, "localhost")
        server.put("second", "cert")
        server.put("second", "key")
        server.wait_for_log("event=certificate")
        wait_until(lambda: all(subject(server.tls_port) == "second" for _ in range(8)), "the second certificate")


def ends_soon(installation, identity):
    """A certificate that ends within 14 days is warned of, by one line whatever the number of frontends."""
    server, _ = server_with(installation, identity, "expiry")
    make_pair(server.base, "short", ["localhost"], days="5")
    for source, target in (("short.pem", "cert.pem"), ("short.key", "key.pem")):
        (server.base / source).replace(server.base / target)
    with server:
        log = server.wait_for_log("renew it")  # every frontend has reported before "ready"
        if "days left: 4" not in log and "days left: 5" not in log:
            raise Failure(f"the days left are wrong:\n{log}")
        if log.count("renew it") != 1:
            raise Failure(f"warned more than once:\n{log}")


TESTS = (by_name, hardening, replaced_on_disk, bad_pairs_are_refused, ends_soon)
