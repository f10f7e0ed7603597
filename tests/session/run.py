"""Runs all transcripts: every file in every mode, for root and for an ordinary user, and once more with processes that
are kept for one owner of all mail. Files with the same configuration share one server; every file and mode has an
account and a maildrop of its own."""
import itertools
import shutil
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
POLICIES = Path(__file__).parent / "policies"
AT_THE_SAME_TIME = 8
ONE_OWNER_MODES = ("plain", "tls")
MBOX = 'storage = { driver = "mbox", path = "~/mbox" }'
MBOX_ALONE_MODES = ("plain", "tls")
NUMBERS = itertools.count(1)  # of servers


def load(only, kind="maildir"):
    return [transcript for transcript in map(parse, sorted(CASES.glob("*.txt")))
            if kind in transcript.formats and (not only or only in transcript.name)]


def fill(transcript, account):
    maildrop = account.maildrop
    for name, octets in transcript.mail:
        maildrop.store(name, octets)
    for name, age in transcript.age:
        maildrop.age(name, age)
    for octets in transcript.mbox:
        maildrop.append(octets)
    for kind, name, target in transcript.odd:
        maildrop.odd(kind, name, target)


def make_account(server, transcript, mode):
    name = f"{transcript.name.replace('_', '-')}-{mode}"
    kind, _, folder = transcript.maildrop.partition(" ")
    secret = octets(transcript.secret).decode() or f"pass {name} word"
    if any('driver = "mbox"' in line for line in server.conf_lines):
        account = server.mbox_account(name, secret=secret, extra=transcript.account, has_maildrop=kind == "made")
    else:
        account = server.account(name, secret=secret, extra=transcript.account, has_maildrop=kind == "made",
                                 folder=folder or "Maildir")
    if kind == "made":
        fill(transcript, account)
    elif kind == "parent-missing":
        account.home.rmdir()
    return account


def make_server(installation, name, identity, conf):
    """With the scripts beside its configuration, as files of whoever starts it: nobody else may be able to write them."""
    server = Server(installation, installation.base / name, identity, conf)
    for file in POLICIES.glob("*.lua"):
        copy = server.base / file.name
        shutil.copyfile(file, copy)
        copy.chmod(0o644)
    return server


def run_group(installation, identity, number, conf, transcripts, results, modes, kind):
    """One server, all transcripts that want this configuration."""
    server = make_server(installation, f"session-{kind}-{identity.name}-{number}", identity, conf)
    jobs = [(transcript, mode, make_account(server, transcript, mode))
            for transcript in transcripts for mode in transcript.modes if mode in modes]
    if not jobs:
        return
    who = identity.name if kind == "maildir" else f"{identity.name}, {kind}"
    names = [f"session/{transcript.name} ({mode}, {who})" for transcript, mode, *_ in jobs]
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
    results.run(f"session/the server of {', '.join(conf) or 'all others'} ends in order ({who})",
                end, server)


def play(transcript, server, account, mode):
    Player(transcript, server, account, mode).play()


def end(server):
    status = server.stop()
    if status != 0:
        raise Failure(f"status {status}; its log ends:\n{server.log()[-2000:]}")


def configuration(transcript, kind):
    sets_storage = any(line.startswith("storage") for line in transcript.conf)
    policies = [f"policy = {{ {', '.join(transcript.policies)} }}"] if transcript.policies else []
    conf = [*transcript.conf, *policies]
    return tuple(conf if kind == "maildir" or sets_storage else [MBOX, *conf])


def load_mbox_alone(only):
    return [one for one in load(only, "mbox") if "maildir" not in one.formats]


def run_all(installation, identity, transcripts, results, modes, kind="maildir"):
    groups = defaultdict(list)
    for transcript in transcripts:
        groups[configuration(transcript, kind)].append(transcript)
    for conf, group in sorted(groups.items()):
        run_group(installation, identity, next(NUMBERS), conf, group, results, modes, kind)


def run(installation, identities, results, only=None):
    for identity in identities:
        for_it = [one for one in load(only) if identity.name in one.identities]
        run_all(installation, identity, for_it, results, MODES)
        for_it = [one for one in load_mbox_alone(only) if identity.name in one.identities]
        run_all(installation, identity, for_it, results, MBOX_ALONE_MODES, "mbox")
    for identity in identities[:1]:
        both = [one for one in load(only, "mbox") if identity.name in one.identities and "maildir" in one.formats]
        run_all(installation, identity, both, results, ("plain",), "mbox")
        for_it = [one for one in load(only) if identity.name in one.identities]
        run_all(installation, OneOwner(identity), for_it, results, ONE_OWNER_MODES)
        run_all(installation, OneOwner(identity), both, results, ("plain",), "mbox")
