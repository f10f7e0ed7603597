"""Commands for people who never log in: beside a running server and without one, as root and as a user, on both
storage drivers."""
from maintain import expire, explain, forget, held, journal, manual, retention
from maintain.boxes import Box

DRIVERS = ("maildir", "mbox")
SUITES = {"expire": expire, "explain": explain, "forget": forget, "held": held, "journal": journal, "manual": manual,
          "retention": retention}


def run(installation, identities, results, only=None):
    for identity in identities:
        for driver in DRIVERS:
            for suite, tests in SUITES.items():
                for test in tests.TESTS:
                    name = f"maintain/{suite}/{test.__name__} ({identity.name}, {driver})"
                    if not only or only in name:
                        base = installation.base / f"maintain-{suite}-{identity.name}-{driver}-{test.__name__}"
                        results.run(name, test, Box(installation, base, identity, driver))
