"""Runs the tests of the rooms: identities, rooms that die, start and end."""
from harness.identity import OneOwner
from harness.results import Failure
from harness.server import Server
from rooms import identity as rooms_identity
from rooms import (clock, confinement, control, judging, killed, life, load, policies, pooled, probes, reload, service,
                   table, vanished)

CONFINED_TESTS = table.TESTS + probes.TESTS + confinement.TESTS


def name_of(function, identity):
    return f"rooms/{function.__name__} ({identity.name})"


def fill(account):
    account.maildrop.store("new/1000000001.a", b"one\n")
    account.maildrop.store("new/1000000002.b", b"two\n")


def run_identities(installation, identity, results):
    server = Server(installation, installation.base / f"rooms-{identity.name}-identity", identity)
    account = server.account("alice")
    fill(account)
    check = rooms_identity.root_rooms if identity.is_root else rooms_identity.user_rooms
    with server:
        results.run(name_of(check, identity), check, server, account)
        for test in (rooms_identity.state_is_the_owners, vanished.sessions_are_kept_alive):
            results.run(name_of(test, identity), test, server, account)


def run_units(installation, results):
    """Once, as root: the tools write as if into another system's /etc."""
    why = service.why_not_units()
    if why:
        results.skip(f"rooms/{service.units_are_right.__name__}", why)
    else:
        results.run(f"rooms/{service.units_are_right.__name__}", service.units_are_right, installation)


def run_killed(installation, identity, results, tests):
    # An ordinary user's spare workers look like those that serve, and whoever kills one must not hit the other.
    conf_lines = [] if identity.is_root else ["workers = { spare = 0 }"]
    server = Server(installation, installation.base / f"rooms-{identity.name}-killed", identity, conf_lines)
    accounts = {test: [server.account(f"{test.__name__}-{number}") for number in (1, 2)] for test in tests}
    for pair in accounts.values():
        for account in pair:
            fill(account)
    with server:
        for test in tests:
            results.run(name_of(test, identity), test, server, accounts[test])


def run(installation, identities, results, only=None):
    for identity in identities:
        try:
            if not only or only in "identity":
                run_identities(installation, identity, results)
            tests = [test for test in killed.TESTS if not only or only in test.__name__]
            if tests:
                run_killed(installation, identity, results, tests)
        except Failure as fault:
            results.add(f"rooms/server ({identity.name})", fault)
        tests = [test for test in pooled.KILLED_TESTS if not only or only in test.__name__]
        if tests:
            try:
                run_killed(installation, OneOwner(identity), results, tests)
            except Failure as fault:
                results.add(f"rooms/server of one owner ({identity.name})", fault)
        confined = confinement.SANITIZED_TESTS if installation.is_sanitized else CONFINED_TESTS
        ours = (life.TESTS + pooled.TESTS + reload.TESTS + control.TESTS + service.TESTS + load.TESTS + policies.TESTS
                + clock.TESTS + judging.TESTS)
        for test in ours + confined:
            if not only or only in test.__name__:
                results.run(name_of(test, identity), test, installation, identity)
        if identity.is_root and (not only or only in service.units_are_right.__name__):
            run_units(installation, results)
