"""The benchmark runs: small numbers of everything, no speed asserted. Dovecot takes part where it is installed."""
import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from bench.report import BEGIN, END
from harness.results import Failure

FOLDER = Path(__file__).parent
# What has no number: packaged Dovecot does not take so many strangers.
NOT_POSSIBLE = {("login-crowd", "dovecot-packaged")}


def called(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{command[0]} {command[1]}: {done.stdout}{done.stderr}")


def bench(installation):
    base = installation.base / "bench"
    base.mkdir()
    called("cc", "-std=gnu11", "-O2", "-o", base / "load", FOLDER / "load.c", FOLDER / "load_client.c", "-lssl",
           "-lcrypto")
    called(sys.executable, FOLDER / "run.py", "--quick", "--prefix", installation.prefix, "--load", base / "load",
           "--out", base / "results.json")
    results = json.loads((base / "results.json").read_text())
    if "restante-session" not in results["servers"]:
        raise Failure(f"Restante was not measured: {results['servers']}")
    for key, measure in results["measures"].items():
        for server, values in measure["values"].items():
            if (key, server) in NOT_POSSIBLE:
                continue
            # So few connections may cost no memory that can be seen; everything else costs something.
            if len(values) != 1 or (values[0] <= 0 and measure["unit"] != "kB"):
                raise Failure(f"{key} of {server}: {values}")
    for key, measure in results["policies"]["measures"].items():
        for server, values in measure["values"].items():
            if len(values) != 1 or values[0] <= 0:
                raise Failure(f"{key} of {server}: {values}")
    report(base, results)


def report(base, results):
    (base / "benchmarks.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    called(sys.executable, FOLDER / "report.py", base / "results.json", base)
    lines = (base / "benchmarks.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| 1") or "login" in line]
    with_policies = [line for line in lines
                     if line.startswith("|") and line.split("|")[1].strip().endswith((", session", ", uid"))]
    if len(with_policies) != 2 * len(results["policies"]["measures"]) or not with_policies:
        raise Failure("the rows with policies are not what they should be:\n" + "\n".join(lines))
    if lines[0] != "before" or lines[-1] != "after" or "old" in lines or len(rows) < len(results["measures"]):
        raise Failure("the page was not written as it should:\n" + "\n".join(lines))
    chart = ElementTree.parse(base / "benchmarks.svg").getroot()
    labels = {element.text for element in chart.iter() if element.tag.endswith("text")}
    missing = {measure["title"] for measure in results["measures"].values()} - labels
    if missing:
        raise Failure(f"not in the chart: {missing}")


def run(installation, who, results, only):
    name = "the benchmark runs and writes its report"
    if only and only not in name:
        return
    if any(one.is_root for one in who):
        results.run(name, bench, installation)
    shutil.rmtree(installation.base / "bench", ignore_errors=True)
