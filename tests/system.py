#!/usr/bin/env python3
"""System tests: the installed programs, real sockets, real clients.

Usage: system.py --prefix INSTALLED [--base FOLDER] [--suite NAME ...] [--only TEXT] [--verbose]
       [--budget SECONDS]
Ends with "N passed, N failed".
"""
import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import auth.run  # noqa: E402  (the folder above has to be known first)
import bench.smoke  # noqa: E402
import clients.run  # noqa: E402
import commands.run  # noqa: E402
import hostile.run  # noqa: E402
import long.run  # noqa: E402
import maintain.run  # noqa: E402
import network.run  # noqa: E402
import pam.run  # noqa: E402
import policy.run  # noqa: E402
import rooms.run  # noqa: E402
import session.run  # noqa: E402
import storage.run  # noqa: E402
from harness.identity import identities  # noqa: E402
from harness.installation import Installation  # noqa: E402
from harness.results import Results  # noqa: E402

SUITES = {"session": session.run.run, "rooms": rooms.run.run, "clients": clients.run.run, "commands": commands.run.run,
          "hostile": hostile.run.run, "long": long.run.run, "network": network.run.run, "pam": pam.run.run,
          "policy": policy.run.run, "bench": bench.smoke.run, "auth": auth.run.run, "storage": storage.run.run,
          "maintain": maintain.run.run}
NOT_UNLESS_NAMED = {"long"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--base", help="folder below which everything is made; kept. Default: one that is removed")
    parser.add_argument("--suite", action="append", choices=SUITES)
    parser.add_argument("--only", help="only tests whose name holds this")
    parser.add_argument("--identity", help="only root, or only user")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--budget", type=int, metavar="SECONDS", help="begin no test later than that")
    arguments = parser.parse_args()
    base = Path(arguments.base or tempfile.mkdtemp(prefix="restante-tests."))
    who = [one for one in identities() if arguments.identity in (None, one.name)]
    results = Results(arguments.verbose, arguments.budget)
    if not (Path(arguments.prefix) / "sbin" / "restante").exists():
        parser.error(f"nothing is installed below {arguments.prefix}")
    try:
        installation = Installation(arguments.prefix, base)
        for name in arguments.suite or sorted(SUITES.keys() - NOT_UNLESS_NAMED):
            SUITES[name](installation, who, results, arguments.only)
    finally:
        if not arguments.base:
            shutil.rmtree(base, ignore_errors=True)
    results.finish()


if __name__ == "__main__":
    main()
