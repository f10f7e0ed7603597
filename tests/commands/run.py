"""Tests of the administrator's commands."""
from commands import administrator, author, policy
from harness.server import Server


def run(installation, identities, results, only=None):
    for identity in identities:
        for test in (*administrator.TESTS, *author.TESTS, *policy.TESTS):
            if not only or only in test.__name__:
                base = installation.base / f"commands-{identity.name}-{test.__name__}"
                results.run(f"commands/{test.__name__} ({identity.name})", test,
                            Server(installation, base, identity))
