"""Tests of logging in: guessing, workers, what fail2ban reads."""
from auth import fail2ban, guessing, workers
from harness.server import Server


def run(installation, identities, results, only=None):
    for identity in identities:
        for test in (*guessing.TESTS, *workers.TESTS, *fail2ban.tests(identity)):
            if not only or only in test.__name__:
                base = installation.base / f"auth-{identity.name}-{test.__name__}"
                results.run(f"auth/{test.__name__} ({identity.name})", test, Server(installation, base, identity))
