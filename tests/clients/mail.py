"""Mail that clients stumble over, and the comparison of what they fetched with what was stored."""
from harness.results import Failure

MAIL = {
    "plain": b"From: a@example.org\nTo: b@example.org\nSubject: plain\nMessage-ID: <1@x>\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\nhello\n",
    "utf8": "From: Jürgen <a@example.org>\nSubject: Grüße\nContent-Type: text/plain; charset=utf-8\n\n„Ä“ 漢字 🙂\n".encode(),
    "eight-bit": b"From: a@example.org\nSubject: latin\nContent-Type: text/plain; charset=iso-8859-1\n\n\xe4\xf6\xfc\n",
    "dots": b"From: a@example.org\nSubject: dots\n\n.\n..\n.x\n. \n...\nend\n",
    "no-end": b"From: a@example.org\nSubject: no final line end\n\nthe last line",
    "crlf": b"From: a@example.org\r\nSubject: stored with CRLF\r\n\r\none\r\ntwo\r\n",
    "blank-lines": b"From: a@example.org\nSubject: blank lines\n\n\n\n\nx\n\n\n",
    "long-line": b"From: a@example.org\nSubject: long line\n\n" + b"x" * 900 + b"\n",
    "headers-only": b"From: a@example.org\nSubject: nothing but headers\n\n",
    "from-line": b"From: a@example.org\nSubject: From\n\nFrom here on\n>From there\n",
    "large": b"From: a@example.org\nSubject: large\n\n" + b"".join(b"%07d and so on\n" % n for n in range(100_000)),
}


def store(maildrop):
    for number, (name, octets) in enumerate(MAIL.items(), 1):
        folder, flags = ("cur", ":2,S") if number % 3 == 0 else ("new", "")
        maildrop.store(f"{folder}/{1000000000 + number}.{name}{flags}", octets)


def make_maildir(folder):
    """Where a client delivers to."""
    maildir = folder / "Maildir"
    for name in ("new", "cur", "tmp"):
        (maildir / name).mkdir(parents=True)
    return maildir


def make_delivery(folder, inbox, more=""):
    """A mail delivery agent: a file of its own for each message, then `more`."""
    deliver = folder / "deliver"
    deliver.write_text(f'#!/bin/sh\ncat > "$(mktemp {inbox}/XXXXXX)" || exit 1\n{more}')
    deliver.chmod(0o755)
    return deliver


def take_new(maildir):
    """What has been delivered since the last time."""
    fetched = []
    for path in sorted([*(maildir / "new").iterdir(), *(maildir / "cur").iterdir()]):
        fetched.append(path.read_bytes())
        path.unlink()
    return fetched


def lines(octets):
    """The text with every line end as LF, and one at the end: all that may differ."""
    text = octets.replace(b"\r\n", b"\n")
    return text if text.endswith(b"\n") else text + b"\n"


def expect_identical(fetched):
    """`fetched`: what the client has, in any order."""
    wanted = sorted(lines(octets) for octets in MAIL.values())
    found = sorted(lines(octets) for octets in fetched)
    if len(wanted) != len(found):
        raise Failure(f"{len(wanted)} messages were stored, {len(found)} fetched")
    for one, other in zip(wanted, found):
        if one != other:
            at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
            raise Failure(f"a message differs at octet {at}: stored {one[max(0, at - 20):at + 40]!r}, "
                          f"fetched {other[max(0, at - 20):at + 40]!r}")


def expect_all_kept(maildrop):
    kept = [maildrop.read(name) for name in maildrop.files()]
    if sorted(kept) != sorted(MAIL.values()):
        raise Failure(f"the mailbox holds {maildrop.files()}")


def expect_empty(maildrop):
    if maildrop.files():
        raise Failure(f"left in the mailbox: {maildrop.files()}")
