"""Commits interrupted and disturbed: a bounded sample; `make check-long` does all of it."""
import os
import shutil

from storage import rules_sweep, sweep
from storage.deliverers import everything_is_accounted_for

MESSAGES = 25  # of each deliverer


def tests(choose, recoveries, messages, is_long, results, installation, identity):
    rules = {f"killed_while_rules_remove: {driver}, {how}, {'anew' if is_full else 'appended'}":
             lambda driver=driver, how=how, is_full=is_full:
             rules_sweep.sweep(installation, identity, driver, how, is_full, choose, results)
             for driver in ("maildir", "mbox") for how in ("quit", "expire")
             for is_full in ((False, True) if is_long else (True,))}
    return rules | {
        "every_message_of_real_deliverers_is_accounted_for":
            lambda: everything_is_accounted_for(installation, identity, messages, results),
        "killed_in_an_mbox_commit":
            lambda: sweep.commit(installation, identity, sweep.MboxBox, choose, results, "mbox commit"),
        "killed_in_an_mbox_recovery":
            lambda: sweep.recovery(installation, identity, choose, results, "mbox recovery", recoveries),
        "killed_in_a_maildir_commit":
            lambda: sweep.commit(installation, identity, sweep.MaildirBox, choose, results, "Maildir commit"),
    }


def run_all(suite, choose, recoveries, messages, installation, identities, results, only):
    is_long = suite == "long"
    if os.geteuid() != 0 or not shutil.which("strace"):
        results.skip(f"{suite}/kill sweep and deliverers", "root and strace are needed")
        return
    for name, test in tests(choose, recoveries, messages, is_long, results, installation, identities[0]).items():
        if not only or only in name:
            results.run(f"{suite}/{name} ({identities[0].name})", test)


def run(installation, identities, results, only=None):
    run_all("storage", sweep.sample, (8,), MESSAGES, installation, identities, results, only)


def run_long(installation, identities, results, only=None):
    run_all("long", sweep.every, (5, 7, 9, 11), 500, installation, identities, results, only)
