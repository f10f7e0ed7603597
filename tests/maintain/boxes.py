"""A server whose mail lies in one kind of maildrop, and what may be looked at from outside: bytes, state, processes."""
import hashlib
import os
import stat

from harness.server import Server

MBOX = ('storage = { driver = "mbox", path = "~/mbox" }',)


class Box(Server):
    """`driver` is "maildir" or "mbox"."""

    def __init__(self, installation, base, identity, driver):
        super().__init__(installation, base, identity, MBOX if driver == "mbox" else ())
        self.driver = driver

    def user(self, name, **more):
        return self.mbox_account(name, **more) if self.driver == "mbox" else self.account(name, **more)

    @property
    def state(self):
        return self.base / "state"

    def state_of(self, account):
        """The state directory of this maildrop; None: there is none."""
        name = f"{self.driver}\0{account.maildrop.path}".encode()
        path = self.state / hashlib.sha256(name).hexdigest()[:32]
        return path if path.is_dir() else None


def snapshot(*folders):
    """Everything below: kind, mode, owner, content and time of the last change."""
    seen = {}
    for folder in folders:
        for path in (folder, *sorted(folder.rglob("*"))) if folder and folder.exists() else ():
            facts = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(facts.st_mode) else os.readlink(path) if path.is_symlink() else ""
            seen[str(path)] = (facts.st_mode, facts.st_uid, facts.st_mtime_ns, content)
    return seen
