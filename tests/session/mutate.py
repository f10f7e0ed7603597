"""Shows that no expectation of a transcript is idle: each one is made wrong in turn, and that very line must fail."""
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy

import harness.server
from harness.results import Failure
from session.play import Player
from session.run import AT_THE_SAME_TIME, configuration, load, load_mbox_alone, make_account, make_server

# Long enough for what is in the log to get there; what is not is waited for in vain, hundreds of times.
PATIENCE_S = 2
TRIES = 3


def wrong_line(text):
    """A pattern that the right line does not match."""
    if text == "*":
        return "-ERR no such line"
    if text.startswith(("+OK", "-ERR")) and text.endswith("*"):
        return ("-ERR*" if text.startswith("+OK") else "+OK*")
    return text + "~"


def wrong_times(text):
    times, _, pattern = text.partition(" ")
    return f"{times} {wrong_line(pattern)}"


# Word of a step -> what is put in its place, as (word, text).
WRONG = {
    "S": lambda text: ("S", wrong_line(text)),
    "S-times": lambda text: ("S-times", wrong_times(text)),
    "S...": lambda text: ("S", "."),
    "greeting": lambda text: ("greeting", wrong_line(text)),
    "close": lambda text: ("S", "*"),
    "same": lambda text: ("same", "nothing was saved under this name"),
    "files": lambda text: ("files", text + " new/nobody-put-this-here"),
    "unchanged": lambda text: ("content", text.split()[0] + " other octets"),
    "content": lambda text: ("content", text + "~"),
    "log": lambda text: ("log", text + "~"),
    "no-log": lambda text: ("no-log", "*event=*" if "event=" in text else "*"),
    "await-end": lambda text: ("await-end", "1000"),
}


def mutants(transcript):
    for index, (number, word, text) in enumerate(transcript.steps):
        if word not in WRONG:
            continue
        mutant = copy(transcript)
        mutant.steps = list(transcript.steps)
        mutant.steps[index] = (number, *WRONG[word](text))
        mutant.modes = transcript.modes[:1]
        mutant.name = f"{transcript.name}-line-{number}"
        yield number, mutant


def expect_fault_at(number, server, attempts, mode):
    said = "it passed"
    for mutant, account in attempts:
        try:
            Player(mutant, server, account, mode).play()
            said = "it passed"
        except KeyError:
            return  # of "same"
        except Failure as fault:
            said = str(fault)
            if said.startswith(f"line {number}: "):
                return
        time.sleep(0.3)  # another line failed: connections of the one before may have been in the way
    raise Failure(f"with line {number} made wrong: {said}")


def attempts_of(server, mutant, mode):
    """The same with an account of its own for each try."""
    attempts = []
    for attempt in range(TRIES):
        one = copy(mutant)
        one.name = f"{mutant.name}-{attempt}"
        attempts.append((one, make_account(server, one, mode)))
    return attempts


@contextmanager
def impatience():
    usual, harness.server.PATIENCE_S = harness.server.PATIENCE_S, PATIENCE_S
    try:
        yield
    finally:
        harness.server.PATIENCE_S = usual


def run_group(installation, identity, number, conf, transcripts, results):
    server = make_server(installation, f"mutants-{number}", identity, conf)
    jobs = []
    for transcript in transcripts:
        mode = transcript.modes[0]
        jobs += [(f"long/mutant {mutant.name}", line, attempts_of(server, mutant, mode), mode)
                 for line, mutant in mutants(transcript)]
    with server, impatience(), ThreadPoolExecutor(1 if conf else AT_THE_SAME_TIME) as pool:
        for name, line, attempts, mode in jobs:
            pool.submit(results.run, name, expect_fault_at, line, server, attempts, mode)


def run(installation, identities, results, only=None):
    groups = defaultdict(list)
    only = only.removeprefix("mutant ") if only else None
    for kind, transcripts in (("maildir", load(only)), ("mbox", load_mbox_alone(only))):
        for transcript in transcripts:
            if identities[0].name in transcript.identities:
                groups[configuration(transcript, kind)].append(transcript)
    for number, (conf, transcripts) in enumerate(sorted(groups.items()), 1):
        run_group(installation, identities[0], number, conf, transcripts, results)
