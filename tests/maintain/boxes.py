"""A server whose mail lies in one kind of maildrop, and what may be looked at from outside: bytes, state, processes."""
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
        """The one state directory of this owner's mail; None: there is none."""
        found = [path for path in self.state.iterdir() if path.name != "empty" and path.is_dir()
                 and path.stat().st_uid == account.uid] if self.state.exists() else []
        return found[0] if found else None


def snapshot(*folders):
    """Everything below: kind, mode, owner, content and time of the last change."""
    seen = {}
    for folder in folders:
        for path in (folder, *sorted(folder.rglob("*"))) if folder and folder.exists() else ():
            facts = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(facts.st_mode) else os.readlink(path) if path.is_symlink() else ""
            seen[str(path)] = (facts.st_mode, facts.st_uid, facts.st_mtime_ns, content)
    return seen
