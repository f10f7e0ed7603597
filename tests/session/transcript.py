"""The transcripts' own small language: one file, one behaviour. tests/session/README.md describes it."""
import functools
import os
import re
from dataclasses import dataclass, field

from harness.wire import MODES

ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|\((\d+)\*((?:[^)\\]|\\.)*)\)|(.))", re.S)
TOKEN = re.compile(r"\\\(\d+\*(?:[^)\\]|\\.)*\)|\\.|.", re.S)  # of a pattern
SECONDS = {"s": 1, "h": 3600, "d": 86400}
SIMPLE = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\", "s": " "}
VARIABLE = re.compile(r"\$\{(\w+)\}")
# What may stand before the colon in a file's head, and in its steps.
HEAD = ("about", "modes", "as", "on", "conf", "account", "secret", "maildrop", "mail", "age", "mbox", "odd", "policy")
STEPS = ("greeting", "login", "C", "C-", "C1", "S", "S...", "S-times", "tls", "close", "half-close", "reset",
         "disconnect", "connect", "use", "save", "same", "files", "unchanged", "content", "log", "no-log", "await-end",
         "mbox", "rewrite", "append", "wait")


class Malformed(Exception):
    """The file itself is wrong."""


@dataclass
class Transcript:
    name: str
    about: str = ""
    modes: tuple = MODES
    identities: tuple = ("root", "user")
    formats: tuple = ("maildir", "mbox")
    conf: list = field(default_factory=list)
    policies: list = field(default_factory=list)  # items of the configuration's list
    account: str = ""
    secret: str = ""  # as octets() reads it; "": one made of the account's name
    maildrop: str = "made"
    mail: list = field(default_factory=list)  # (name, octets)
    age: list = field(default_factory=list)  # (name, seconds since it was delivered)
    mbox: list = field(default_factory=list)  # octets of the file
    odd: list = field(default_factory=list)   # (kind, name, target)
    steps: list = field(default_factory=list)  # (line number, word, text)


def unescape(text):
    """\\r \\n \\t \\0 \\s \\\\ \\xHH, and \\(300*ab) for ab three hundred times. One character is one octet."""
    def replace(match):
        code, times, repeated, simple = match.groups()
        if code:
            return chr(int(code, 16))
        if times:
            return unescape(repeated) * int(times)
        if simple not in SIMPLE:
            raise Malformed(f"unknown escape \\{simple}")
        return SIMPLE[simple]
    return ESCAPE.sub(replace, text)


def octets(text):
    """UTF-8 in the file stands for its octets, \\xHH for one octet."""
    return unescape(text.encode("utf-8").decode("latin-1")).encode("latin-1")


def expand(text, names):
    def replace(match):
        if match.group(1) not in names:
            raise Malformed(f"unknown name ${{{match.group(1)}}}")
        return names[match.group(1)]
    return VARIABLE.sub(replace, text)


@functools.lru_cache
def expression(pattern):
    parts = [""]
    for token in TOKEN.findall(pattern):
        if token == "*":
            parts.append("")
        else:
            parts[-1] += "\\x2a" if token == "\\*" else token
    return re.compile(b".*".join(re.escape(octets(part)) for part in parts), re.S)


def matches(pattern, line):
    """Does an octet line match? `*` stands for anything, `\\*` for itself; the rest must be equal."""
    return expression(pattern).fullmatch(line) is not None


def read_head(transcript, word, text):
    if word == "conf":
        transcript.conf.append(text)
    elif word == "policy":
        name, _, settings = text.partition(" ")
        transcript.policies.append(f'{{ script = "{{base}}/{name}.lua", {settings} }}')
    elif word == "mail":
        name, _, body = text.partition(" ")
        transcript.mail.append((os.fsdecode(octets(name)), octets(body)))
    elif word == "age":
        name, _, age = text.partition(" ")
        transcript.formats = ("maildir",)
        transcript.age.append((os.fsdecode(octets(name)), int(age[:-1]) * SECONDS[age[-1]]))
    elif word == "odd":
        kind, name, *target = text.split(" ", 2)
        transcript.formats = ("maildir",)
        transcript.odd.append((kind, os.fsdecode(octets(name)), target[0] if target else None))
    elif word == "mbox":
        transcript.mbox.append(octets(text))
        transcript.formats = ("mbox",)
    elif word == "on":
        transcript.formats = tuple(text.split())
    elif word == "modes":
        transcript.modes = tuple(text.split())
    elif word == "as":
        transcript.identities = tuple(text.split())
    else:
        setattr(transcript, word, text)


def parse(path):
    transcript = Transcript(path.stem)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        word, _, text = line.partition(":")
        text = text[1:] if text.startswith(" ") else text
        if word in HEAD and not transcript.steps:
            read_head(transcript, word, text)
        elif word in STEPS:
            transcript.steps.append((number, word, text))
        else:
            raise Malformed(f"{path.name}:{number}: {word!r} has no place here")
    if not transcript.about or not transcript.steps:
        raise Malformed(f"{path.name}: needs an about: line and steps")
    return transcript
