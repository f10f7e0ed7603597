"""Runs the attacks of policies on their server."""
from policy import attacks, scripts


def run(installation, identities, results, only=None):
    if not only or only in "attacks":
        attacks.run(installation, identities, results)
    for identity in identities:
        for test in scripts.TESTS:
            if not only or only in test.__name__:
                results.run(f"policy/{test.__name__} ({identity.name})", test, installation, identity)
