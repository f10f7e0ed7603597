"""Commits interrupted and disturbed: a bounded sample; `make check-long` does all of it."""
import os
import shutil

from storage import rules_sweep, sweep
from storage.deliverers import everything_is_accounted_for

MESSAGES = 25  # of each deliverer


def rules_tests(choose, both, results, installation, identity):
    """`both`: ledger and journal appended to, and begun anew; otherwise the latter alone."""
    return {f"killed_while_rules_remove: {driver}, {how}, {'anew' if is_full else 'appended'}":
            lambda driver=driver, how=how, is_full=is_full:
            rules_sweep.sweep(installation, identity, driver, how, is_full, choose, results)
            for driver in ("maildir", "mbox") for how in ("quit", "expire")
            for is_full in ((False, True) if both else (True,))}


def commit_tests(choose, recoveries, messages, results, installation, identity):
    return {
        "killed_in_an_mbox_commit":
            lambda: sweep.commit(installation, identity, sweep.MboxBox, choose, results, "mbox commit"),
        "killed_in_an_mbox_recovery":
            lambda: sweep.recovery(installation, identity, choose, results, "mbox recovery", recoveries),
        "killed_in_a_maildir_commit":
            lambda: sweep.commit(installation, identity, sweep.MaildirBox, choose, results, "Maildir commit"),
        "every_message_of_real_deliverers_is_accounted_for":
            lambda: everything_is_accounted_for(installation, identity, messages, results),
    }


def run_all(suite, tests, identity, results, only):
    if os.geteuid() != 0 or not shutil.which("strace"):
        results.skip(f"{suite}/kill sweep and deliverers", "root and strace are needed")
        return
    for name, test in tests.items():
        if not only or only in name:
            results.run(f"{suite}/{name} ({identity.name})", test)


def run(installation, identities, results, only=None):
    tests = rules_tests(sweep.sample, False, results, installation, identities[0])
    tests |= commit_tests(sweep.sample, 1, MESSAGES, results, installation, identities[0])
    run_all("storage", tests, identities[0], results, only)


def run_long_rules(installation, identities, results, only=None):
    run_all("long", rules_tests(sweep.every, True, results, installation, identities[0]), identities[0], results, only)


def run_long(installation, identities, results, only=None):
    tests = commit_tests(sweep.every, 4, 500, results, installation, identities[0])
    run_all("long", tests, identities[0], results, only)
