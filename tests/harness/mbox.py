"""An mbox made for a test, with what a Maildir of the harness can do; and a reader of the format of its own.

A message's name stands in its "From " line, so that the same tests can ask for it."""
import os
import re
from pathlib import Path

from harness.results import Failure

FROM = re.compile(rb"From (\S*)")


def split(octets):
    """The messages, with their "From " lines, without the blank line that the format wants behind each."""
    messages, is_after_blank = [], True
    for line in octets.splitlines(keepends=True) if b"\r" not in octets else re.findall(rb"[^\n]*\n|[^\n]+", octets):
        if line.startswith(b"From ") and is_after_blank:
            messages.append([])
        if messages:
            messages[-1].append(line)
        else:
            raise ValueError(f"no mbox: it begins with {line!r}")
        is_after_blank = line in (b"\n", b"\r\n")
    return [b"".join(lines[:-1] if lines[-1] in (b"\n", b"\r\n") else lines) for lines in messages]


def quoted(octets):
    """mboxrd"""
    return re.sub(rb"(?m)^(>*From )", rb">\1", octets)


def base_name(name):
    """new/1.a and cur/1.a:2,S are one message."""
    return name.rpartition(b"/")[2].partition(b":")[0]


class Mbox:
    def __init__(self, path, uid, gid):
        self.path = Path(path)
        self.uid = uid
        self.gid = gid
        self.stored = {}  # name -> octets

    def make(self):
        self.path.touch(0o600)
        self.give(self.path)

    def give(self, path):
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def append(self, octets):
        with self.path.open("ab") as file:
            file.write(octets)
        self.give(self.path)

    def store(self, name, octets):
        self.stored[name] = octets
        end = b"\r\n" if octets.endswith(b"\r") else b"" if not octets or octets.endswith(b"\n") else b"\n"
        self.append(b"From %s Thu Jan  1 00:00:00 1970\n" % os.fsencode(name) + quoted(octets) + end + b"\n")

    def store_sparse(self, name, head, size):
        """A message of `size` octets that takes no room: NULs after its head."""
        self.append(b"From %s\n" % os.fsencode(name) + head)
        os.truncate(self.path, self.path.stat().st_size - len(head) + size)

    def messages(self):
        return split(self.path.read_bytes()) if self.path.exists() else []

    def files(self):
        """Names of the messages."""
        return sorted(os.fsdecode(FROM.match(message).group(1)) for message in self.messages())

    def read(self, name):
        """The octets that were stored; a name that a Maildir would have given it by now does as well."""
        for message in self.messages():
            own, _, body = message.partition(b"\n")
            if base_name(FROM.match(own).group(1)) == base_name(os.fsencode(name)):
                return re.sub(rb"(?m)^>(>*From )", rb"\1", body)
        raise Failure(f"no message {name} in the mailbox")
