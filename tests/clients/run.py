"""Runs the real clients: keep mode twice, then delete mode, over whatever each of them can speak."""
from pathlib import Path

from clients import curl, fetchmail, getmail, mail, mpop, mutt, net_pop3, node_pop3, poplib_client, s_nail
from harness.results import Failure
from harness.server import Server

CLIENTS = {"curl": curl, "poplib": poplib_client, "fetchmail": fetchmail, "mpop": mpop, "getmail": getmail,
           "mutt": mutt, "s-nail": s_nail, "net-pop3": net_pop3, "node-pop3": node_pop3}


def keep(client, account):
    mail.expect_identical(client.keep())
    mail.expect_all_kept(account.maildrop)
    again = client.keep()
    if again:
        raise Failure(f"the second run fetched {len(again)} messages again")
    mail.expect_all_kept(account.maildrop)


def delete(client, account):
    mail.expect_identical(client.delete())
    mail.expect_empty(account.maildrop)


def both(make, server, account, mode, folder):
    folder.mkdir(parents=True)
    client = make(server, account, mode, folder)
    keep(client, account)
    delete(client, account)


def wanted_jobs(clients, suite, installation, results, only):
    """(client, mode); clients that cannot run here are left out, and said so."""
    jobs = []
    for name, module in clients.items():
        modes = [mode for mode in module.MODES if not only or only in f"{name} {mode}"]
        why = module.missing(installation) if modes and hasattr(module, "missing") else None
        if why:
            results.skip(f"{suite}/{name}", why)
        else:
            jobs += [(name, mode) for mode in modes]
    return jobs


def run_clients(clients, suite, installation, identities, results, only):
    jobs = wanted_jobs(clients, suite, installation, results, only)
    for identity in identities if jobs else ():
        base = installation.base / f"{suite}-clients-{identity.name}"
        server = Server(installation, base, identity)
        accounts = {job: server.account("-".join(job)) for job in jobs}
        for account in accounts.values():
            mail.store(account.maildrop)
        try:
            with server:
                for name, mode in jobs:
                    results.run(f"{suite}/{name} ({mode}, {identity.name})", both, clients[name].Client, server,
                                accounts[name, mode], mode, Path(base) / "clients" / f"{name}-{mode}")
        except Failure as fault:
            results.add(f"{suite}/server of the clients ({identity.name})", fault)


def run(installation, identities, results, only=None):
    run_clients(CLIENTS, "clients", installation, identities, results, only)
