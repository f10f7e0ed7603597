"""A Maildir made for a test, and what is left of it afterwards."""
import os
import time
from pathlib import Path


class Maildrop:
    def __init__(self, path, uid, gid):
        self.path = Path(path)
        self.uid = uid
        self.gid = gid
        self.stored = {}  # file name below the Maildir -> octets

    def make(self):
        for folder in (self.path, *(self.path / name for name in ("tmp", "new", "cur"))):
            folder.mkdir(mode=0o700, exist_ok=True)
            self.give(folder)

    def give(self, path):
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def store(self, name, octets):
        path = self.path / name
        path.write_bytes(octets)
        self.give(path)
        self.stored[name] = octets

    def age(self, name, seconds):
        """As if the message had been delivered so long ago."""
        when = time.time() - seconds
        os.utime(self.path / name, (when, when))

    def store_sparse(self, name, head, size):
        """A message of `size` octets that takes no room: NULs after its head."""
        path = self.path / name
        with path.open("wb") as file:
            file.write(head)
            file.truncate(size)
        self.give(path)

    def odd(self, kind, name, target=None):
        """What has no business in a Maildir: a folder, a link, a FIFO; or a message nobody may read."""
        path = self.path / name
        if kind == "dir":
            path.mkdir()
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "link":
            path.symlink_to(target)
        elif kind == "unreadable":
            path.write_bytes(b"secret\n")
            path.chmod(0)
        else:
            raise ValueError(f"unknown kind of odd entry: {kind}")
        self.give(path)

    def files(self):
        """Names of the plain files in new and cur."""
        return sorted(f"{folder}/{entry.name}" for folder in ("new", "cur") if (self.path / folder).is_dir()
                      for entry in os.scandir(self.path / folder) if entry.is_file(follow_symlinks=False))

    def read(self, name):
        return (self.path / name).read_bytes()


def on_the_wire(octets):
    """What RETR gives for stored octets, before dot-stuffing: written anew here, to compare with."""
    lines = octets.split(b"\n")
    ends = lines.pop()
    out = b"".join((line[:-1] if line.endswith(b"\r") else line) + b"\r\n" for line in lines)
    return out + (ends + b"\r\n" if ends else b"")
