"""What takes minutes: `make check-long`."""
import clients.run
from clients import thunderbird
from harness.wire import MODES
from long.large import message_above_4_gib
from long.sweep import random_mail_arrives_whole


def run(installation, identities, results, only=None):
    for identity in identities:
        for test in (random_mail_arrives_whole, message_above_4_gib):
            for mode in MODES:
                if not only or only in test.__name__:
                    results.run(f"long/{test.__name__} ({mode}, {identity.name})", test, installation, identity, mode)
    clients.run.run_clients({"thunderbird": thunderbird}, "long", installation, identities, results, only)
