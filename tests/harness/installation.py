"""The programs under test, as `make install` left them, and the folder below which the tests keep their files."""
import subprocess
from pathlib import Path


class Installation:
    def __init__(self, prefix, base):
        prefix = Path(prefix).resolve()
        self.base = Path(base).resolve()
        self.prefix = prefix
        self.command = prefix / "sbin" / "restante"
        self.programs = prefix / "libexec" / "restante"
        self.modules = prefix / "lib" / "restante"
        self.base.mkdir(parents=True, exist_ok=True)
        self.base.chmod(0o755)
        make_certificate(self.base)

    @property
    def is_sanitized(self):
        """Built with sanitizers, and so without confinement."""
        return b"__asan_init" in (self.programs / "restante-session").read_bytes()


def make_certificate(folder):
    if (folder / "cert.pem").exists():
        return
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
