"""Reads and writes ledgers and journals with nothing of the server's: what core/ledger/ledger_line.h and journal.h
say of the files is all that is known here."""
import json

HEADER = "restante-ledger 1"
MASK = 0xFFFFFFFF
PRIMES = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1)


def rotated(value, bits):
    return (value << bits | value >> (32 - bits)) & MASK


def xxh32(octets, seed):
    """XXH32, as its specification has it."""
    one, two, three, four, five = PRIMES
    at, length = 0, len(octets)
    if length >= 16:
        lanes = [(seed + one + two) & MASK, (seed + two) & MASK, seed, (seed - one) & MASK]
        while at + 16 <= length:
            for lane in range(4):
                word = int.from_bytes(octets[at:at + 4], "little")
                lanes[lane] = rotated((lanes[lane] + word * two) & MASK, 13) * one & MASK
                at += 4
        total = sum(rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18)))
    else:
        total = seed + five
    total = (total + length) & MASK
    while at + 4 <= length:
        word = int.from_bytes(octets[at:at + 4], "little")
        total = rotated((total + word * three) & MASK, 17) * four & MASK
        at += 4
    for octet in octets[at:]:
        total = rotated((total + octet * five) & MASK, 11) * one & MASK
    total = (total ^ total >> 15) * two & MASK
    total = (total ^ total >> 13) * three & MASK
    return total ^ total >> 16


def write_ledger(records):
    """The octets of a file with these records behind the header."""
    lines, seed = [], 0
    for record in (HEADER, *records):
        seed = xxh32(record.encode(), seed)
        lines.append(f"{seed:08x} {record}\n")
    return "".join(lines).encode()


def ledger_records(octets):
    """The records of whole lines. What is wrong with any of these is an error; an unfinished last line is none."""
    records, seed = [], 0
    for number, line in enumerate(octets.split(b"\n")[:-1], 1):
        digits, _, record = line.partition(b" ")
        seed = xxh32(record, seed)
        if digits != b"%08x" % seed:
            raise ValueError(f"the ledger's line {number} has a wrong sum: {line!r}")
        records.append(record.decode("ascii"))
    if records and records[0] != HEADER:
        raise ValueError(f"the ledger begins with {records[0]!r}")
    return records[1:]


class Marks:
    """What a ledger says of each UIDL in the end."""

    def __init__(self, records):
        self.hidden, self.aside, self.retrieved = {}, {}, {}
        for record in records:
            word, *fields = record.split(" ")
            if word == "hidden":
                self.hidden[fields[1]] = int(fields[0])
            elif word == "aside":
                self.aside[fields[2]] = int(fields[1]) if int(fields[0]) else 0
            elif word == "retrieved":
                self.retrieved[fields[2]] = int(fields[1])
            elif word == "removed":
                for known in (self.hidden, self.aside, self.retrieved):
                    known.pop(fields[0], None)
            elif word not in ("seen", "note", "stored"):
                raise ValueError(f"the ledger holds {record!r}")

    def is_marked(self, uidl):
        return bool(self.hidden.get(uidl) or self.aside.get(uidl))


def read_marks(folder):
    path = folder / "ledger"
    return Marks(ledger_records(path.read_bytes()) if path.exists() else ())


def journal_files(folder):
    return sorted(folder.glob("removals-*.jsonl"), key=lambda path: int(path.name.split("-")[1]))


def read_journal(folder):
    """The entries of all files; only the last line of a file may be unfinished."""
    entries = []
    for path in journal_files(folder):
        *lines, _unfinished = path.read_bytes().split(b"\n")
        entries += map(json.loads, lines)
    return entries
