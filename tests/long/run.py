"""What takes minutes: `make check-long`."""
import clients.run
import session.mutate
from clients import thunderbird
from harness.wire import MODES
from long.large import message_above_4_gib
from long.polling import endless_polling_costs_no_memory
from long.sweep import random_mail_arrives_whole


def run(installation, identities, results, only=None):
    for identity in identities:
        for test in (random_mail_arrives_whole, message_above_4_gib, endless_polling_costs_no_memory):
            for mode in MODES:
                if not only or only in test.__name__:
                    results.run(f"long/{test.__name__} ({mode}, {identity.name})", test, installation, identity, mode)
    if not only or only.startswith("mutant"):
        session.mutate.run(installation, identities, results, only)
    clients.run.run_clients({"thunderbird": thunderbird}, "long", installation, identities, results, only)
