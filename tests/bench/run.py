#!/usr/bin/env python3
"""Restante beside Debian's Dovecot on this machine, in one interleaved run.

Usage: run.py --prefix INSTALLED --load PROGRAM --out FILE [--quick] [--only TEXT] [--rounds N] [--other NAME=PREFIX]
As root, on a machine that does nothing else. FILE gets the results as JSON; report.py makes tables and charts of it.
"""
import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.machine import describe  # noqa: E402
from bench.mail import Mail  # noqa: E402
from bench.measures import MEASURES, POLICY_MEASURES, Bench, Sizes  # noqa: E402
from bench.servers import mail_group, policy_servers, servers  # noqa: E402
from harness.identity import make_system_accounts  # noqa: E402
from harness.installation import Installation  # noqa: E402


# A folder that changed just now may change again unseen: no server can believe its times yet.
MAIL_SETTLES_S = 3


def warm_up(bench, server):
    """Caches are filled, processes that are kept are there."""
    bench.load(server, users=bench.sizes.users, connections=bench.sizes.users)
    for user in ("poll", "mail", "big"):
        bench.load(server, user=user, connections=2)


def one_measure(bench, measure, everyone):
    """Rounds of A B C A B C …: whatever else the machine does meets all of them."""
    values = {server.key: [] for server in everyone}
    for _ in range(bench.sizes.rounds):
        for server in everyone:
            value = measure.value(bench, server)
            if value is not None:
                values[server.key].append(value)
    medians = {key: statistics.median(found) if found else None for key, found in values.items()}
    print(f"{measure.title}{measure.unit and f' ({measure.unit})'}: "
          + ", ".join(f"{key} {'-' if value is None else f'{value:.3g}'}" for key, value in medians.items()), flush=True)
    return {"title": measure.title, "unit": measure.unit, "values": values, "medians": medians}


def run(bench, everyone, measures, only):
    wanted = [one for one in measures if not only or any(text in one.key for text in only)]
    if not wanted:
        return {}
    started = []
    try:
        for server in everyone:
            started.append(server)
            server.start()
        time.sleep(MAIL_SETTLES_S)
        for server in everyone:
            warm_up(bench, server)
        return {measure.key: one_measure(bench, measure, everyone) for measure in wanted}
    finally:
        for server in started:
            server.stop()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prefix", required=True, type=Path)
    parser.add_argument("--load", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--quick", action="store_true", help="only to see that it works")
    parser.add_argument("--only", action="append", help="only measures whose key holds this")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--other", action="append", default=[], help="NAME=PREFIX of another build to compare with")
    return parser.parse_args()


def main():
    given = arguments()
    if os.geteuid() != 0:
        raise SystemExit("as root: servers change to other users, and control groups are made")
    make_system_accounts()
    sizes = Sizes(given.quick)
    sizes.rounds = given.rounds or sizes.rounds
    base = Path(tempfile.mkdtemp(prefix="restante-bench."))
    base.chmod(0o755)
    began = time.monotonic()
    try:
        Installation(given.prefix, base)  # for its certificate
        mail = Mail(base, sizes, mail_group())
        others = [(name, Path(place)) for name, _, place in (one.partition("=") for one in given.other)]
        everyone = servers(mail, given.prefix.resolve(), others)
        bench = Bench(given.load.resolve(), sizes)
        measures = run(bench, everyone, MEASURES, given.only)
        with_policies = policy_servers(mail, given.prefix.resolve())
        policies = {"servers": {one.key: one.label for one in with_policies},
                    "measures": run(bench, with_policies, POLICY_MEASURES, given.only)}
        how = next(one.usage.how for one in (*everyone, *with_policies) if one.usage)
        results = {"machine": describe(given.prefix), "rounds": sizes.rounds, "how": how,
                   "seconds": round(time.monotonic() - began), "servers": {one.key: one.label for one in everyone},
                   "measures": measures, "policies": policies}
        given.out.write_text(json.dumps(results, indent=1) + "\n")
        shutil.rmtree(base)
    except BaseException:
        print(f"what the servers wrote is below {base}", file=sys.stderr)
        raise
    print(f"{len(measures)} measures of {len(everyone)} servers, {len(policies['measures'])} with policies, "
          f"in {results['seconds']} s")


if __name__ == "__main__":
    main()
