"""Runs the tests of what faces the network: proxies, certificates, limits and deadlines."""
from network import certificates, limits, proxy


def run(installation, identities, results, only=None):
    for identity in identities:
        for test in proxy.TESTS + certificates.TESTS + limits.TESTS:
            if not only or only in test.__name__:
                results.run(f"network/{test.__name__} ({identity.name})", test, installation, identity)
