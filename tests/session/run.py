"""Runs all transcripts: every file in every mode, for root and for an ordinary user, and once more with processes that
are kept for one owner of all mail. Files with the same configuration share one server; every file and mode has an
account and a maildrop of its own."""
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.identity import OneOwner
from harness.server import Server
from harness.results import Failure
from harness.wire import MODES
from session.play import Player
from session.transcript import octets, parse

CASES = Path(__file__).parent / "cases"
AT_THE_SAME_TIME = 8
ONE_OWNER_MODES = ("plain", "tls")


def load(only):
    return [parse(path) for path in sorted(CASES.glob("*.txt")) if not only or only in path.stem]


def fill(transcript, account):
    maildrop = account.maildrop
    for name, octets in transcript.mail:
        maildrop.store(name, octets)
    for kind, name, target in transcript.odd:
        maildrop.odd(kind, name, target)


def make_account(server, transcript, mode):
    name = f"{transcript.name.replace('_', '-')}-{mode}"
    kind, _, folder = transcript.maildrop.partition(" ")
    secret = octets(transcript.secret).decode() or f"pass {name} word"
    account = server.account(name, secret=secret, extra=transcript.account, has_maildrop=kind == "made",
                             folder=folder or "Maildir")
    if kind == "made":
        fill(transcript, account)
    elif kind == "parent-missing":
        account.home.rmdir()
    return account


def run_group(installation, identity, number, conf, transcripts, results, modes):
    """One server, all transcripts that want this configuration."""
    server = Server(installation, installation.base / f"session-{identity.name}-{number}", identity, conf)
    jobs = [(transcript, mode, make_account(server, transcript, mode))
            for transcript in transcripts for mode in transcript.modes if mode in modes]
    if not jobs:
        return
    names = [f"session/{transcript.name} ({mode}, {identity.name})" for transcript, mode, *_ in jobs]
    try:
        server.start()
    except Failure as fault:
        for name in names:
            results.add(name, fault)
        return
    # A transcript with a configuration of its own may look at the server as a whole: it gets it for itself.
    with ThreadPoolExecutor(1 if conf else AT_THE_SAME_TIME) as pool:
        for name, (transcript, mode, account) in zip(names, jobs):
            pool.submit(results.run, name, play, transcript, server, account, mode)
    results.run(f"session/the server of {', '.join(conf) or 'all others'} ends in order ({identity.name})",
                end, server)


def play(transcript, server, account, mode):
    Player(transcript, server, account, mode).play()


def end(server):
    status = server.stop()
    if status != 0:
        raise Failure(f"status {status}; its log ends:\n{server.log()[-2000:]}")


def run_all(installation, identity, who, results, only, modes):
    groups = defaultdict(list)
    for transcript in load(only):
        if who in transcript.identities:
            groups[tuple(transcript.conf)].append(transcript)
    for number, (conf, transcripts) in enumerate(sorted(groups.items()), 1):
        run_group(installation, identity, number, conf, transcripts, results, modes)


def run(installation, identities, results, only=None):
    for identity in identities:
        run_all(installation, identity, identity.name, results, only, MODES)
    for identity in identities[:1]:
        run_all(installation, OneOwner(identity), identity.name, results, only, ONE_OWNER_MODES)
