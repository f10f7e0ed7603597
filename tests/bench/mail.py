"""The mail that is served: one set of Maildirs for all servers, which none of them changes."""
import os

UID = 62000
SECRET = "secret"
LINE = b"It was a dark and stormy night; the rain fell in torrents, except at times.\n"


def message(octets):
    head = b"From: a@example.org\nTo: b@example.org\nSubject: bench\nDate: Tue, 24 Nov 2026 12:00:00 +0000\n\n"
    return head + LINE * max(1, (octets - len(head)) // len(LINE))


def make_maildir(path, count, octets):
    """Messages that were seen before, with the sizes in their names that most delivery agents write."""
    text = message(octets)
    wire = len(text) + text.count(b"\n")
    path.parent.mkdir()
    os.chown(path.parent, UID, UID)
    for folder in (path, path / "tmp", path / "new", path / "cur"):
        folder.mkdir(mode=0o700)
        os.chown(folder, UID, UID)
    cur = os.open(path / "cur", os.O_DIRECTORY)
    for number in range(count):
        name = f"{1700000000 + number}.M{number}P1.host,S={len(text)},W={wire}:2,S"
        file = os.open(name, os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=cur)
        os.write(file, text)
        os.fchown(file, UID, UID)
        os.close(file)
    os.close(cur)


class Mail:
    def __init__(self, base, sizes, group):
        self.base = base
        self.users = base / "users"
        self.sizes = sizes
        (base / "mail").mkdir()
        drops = {"poll": (sizes.poll_messages, 2000), "mail": (sizes.mail_messages, sizes.mail_octets),
                 "big": (sizes.big_messages, 600)}
        drops.update({f"user{number}": (4, 2000) for number in range(sizes.users)})
        for name, (count, octets) in drops.items():
            make_maildir(base / "mail" / name / "Maildir", count, octets)
        self.users.write_text("".join(f"{name}:{{PLAIN}}{SECRET}:{UID}:{UID}::{base}/mail/{name}::\n"
                                      for name in drops))
        os.chown(self.users, 0, group)
        self.users.chmod(0o640)
