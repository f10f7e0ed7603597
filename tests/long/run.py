"""What takes minutes: `make check-long`."""
import clients.run
import session.mutate
import storage.run
from clients import thunderbird
from harness.identity import OneOwner
from harness.wire import MODES
from long import idle, vanished
from long.kills import kills_lose_nothing
from long.large import message_above_4_gib
from long.large_mbox import mbox_message_above_4_gib, mbox_of_50000_messages
from long.polling import endless_polling_costs_no_memory
from long.sweep import random_mail_arrives_whole
from long.workers import idle_auth_workers_end
from rooms import judging, load, reload


def run(installation, identities, results, only=None):
    """Where the time is bounded, the last ones are left out."""
    storage.run.run_long_rules(installation, identities, results, only)
    for identity in identities:
        for test in (random_mail_arrives_whole, message_above_4_gib, endless_polling_costs_no_memory):
            for mode in MODES:
                if not only or only in test.__name__:
                    results.run(f"long/{test.__name__} ({mode}, {identity.name})", test, installation, identity, mode)
        if vanished.possible(identity) and (not only or only in "clients_that_vanish"):
            results.run("long/clients_that_vanish", vanished.clients_that_vanish, installation, identity)
        for test in idle.TESTS:
            for mode in ("plain", "tls"):
                if not only or only in test.__name__:
                    results.run(f"long/{test.__name__} ({mode}, {identity.name})", test, installation, identity, mode)
        if not only or only in idle_auth_workers_end.__name__:
            results.run(f"long/idle_auth_workers_end ({identity.name})", idle_auth_workers_end, installation, identity)
        for test in load.LONG_TESTS + reload.LONG_TESTS + judging.LONG_TESTS:
            if not only or only in test.__name__:
                results.run(f"long/{test.__name__} ({identity.name})", test, installation, identity)
    if not only or only.startswith("mutant"):
        session.mutate.run(installation, identities, results, only)
    for test in (mbox_message_above_4_gib, mbox_of_50000_messages):
        if not only or only in test.__name__:
            results.run(f"long/{test.__name__} (plain, {identities[0].name})", test, installation, identities[0], "plain")
    for identity in (*identities, *map(OneOwner, identities)):
        if not only or only in kills_lose_nothing.__name__:
            results.run(f"long/{kills_lose_nothing.__name__} (plain, {identity.name})", kills_lose_nothing,
                        installation, identity, "plain")
    for identity in map(OneOwner, identities[:1]):
        for mode in MODES:
            if not only or only in random_mail_arrives_whole.__name__:
                results.run(f"long/{random_mail_arrives_whole.__name__} ({mode}, {identity.name})",
                            random_mail_arrives_whole, installation, identity, mode)
    clients.run.run_clients({"thunderbird": thunderbird}, "long", installation, identities, results, only)
    storage.run.run_long(installation, identities, results, only)
