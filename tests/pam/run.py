"""Runs the tests of the PAM driver, where it was built."""
from pam import stack, trouble


def run(installation, identities, results, only=None):
    if not (installation.modules / "auth" / "pam.so").exists():
        results.add("pam/the driver is installed", "it is not; without libpam0g-dev it is not built")
        return
    for identity in identities:
        for test in (stack.ROOT_TESTS if identity.is_root else ()) + stack.TESTS + trouble.TESTS:
            if not only or only in test.__name__:
                results.run(f"pam/{test.__name__} ({identity.name})", test, installation, identity)
