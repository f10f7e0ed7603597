"""Runs the attacks of policies on their server."""
from policy import attacks, scripts, stuck


def run(installation, identities, results, only=None):
    if not only or only in "attacks":
        attacks.run(installation, identities, results)
    for identity in identities:
        for test in scripts.TESTS:
            if not only or only in test.__name__:
                results.run(f"policy/{test.__name__} ({identity.name})", test, installation, identity)
    if not installation.is_sanitized and (not only or only in stuck.a_policy_that_is_stuck.__name__):
        stuck.run("policy", installation, identities[:1], results)


def run_long(installation, identities, results, only=None):
    if not only or only in stuck.a_policy_that_is_stuck.__name__:
        stuck.run("long", installation, identities[1:], results)
