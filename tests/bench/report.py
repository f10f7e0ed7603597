#!/usr/bin/env python3
"""Writes the measured part of docs/benchmarks.md, and its chart.

Usage: report.py RESULTS.json DOCS-FOLDER. Replaces what stands between the two marks; the rest is written by hand.
"""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.chart import draw  # noqa: E402

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
RIVAL = "dovecot-tuned"
POLICIES = """\
## With policies

Restante beside itself, in the same run: without policies, with five that are asked about nothing that happens here,
with one and with five that are asked about everything, and with `retention`."""


def number(value):
    """Three digits that count."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(value, rival):
    return "–" if not value or not rival else f"{rival / value:.1f} ×"


def ours(results):
    return [key for key in results["servers"] if key.startswith("restante")]


def table(results):
    servers, own = results["servers"], ours(results)
    has_rival = RIVAL in servers
    head = ["", *servers.values(), *(f"tuned ÷ {key.split('-', 1)[1]}" for key in own if has_rival)]
    rows = [head, ["---"] + ["--:"] * (len(head) - 1)]
    for measure in results["measures"].values():
        medians = measure["medians"]
        rows.append([f"{measure['title']}, {measure['unit']}", *(number(medians[key]) for key in servers),
                     *(ratio(medians[key], medians[RIVAL]) for key in own if has_rival)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def policy_table(results):
    """A row for each measure and isolation, a column for each set of policies."""
    servers = results["servers"]
    labels = list(dict.fromkeys(label.split(", ", 1)[1] for label in servers.values()))
    isolations = list(dict.fromkeys(label.split(", ", 1)[0] for label in servers.values()))
    rows = [["", *labels], ["---"] + ["--:"] * len(labels)]
    for measure in results["measures"].values():
        for isolation in isolations:
            keys = [key for key, label in servers.items() if label.startswith(f"{isolation}, ")]
            title = ", ".join(filter(None, (measure["title"], measure["unit"], isolation)))
            rows.append([title, *(number(measure["medians"][key]) for key in keys)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def spread(results):
    """How far the middle half of the rounds lies from the median, in the median measure: how quiet it was."""
    found = []
    for measure in results["measures"].values():
        for values in measure["values"].values():
            middle = sorted(values)[len(values) // 4:len(values) - len(values) // 4]
            if middle and middle[len(middle) // 2] > 0:
                found.append((middle[-1] - middle[0]) / middle[len(middle) // 2])
    return 100 * sorted(found)[len(found) // 2] if found else 0


def machine(results):
    about = results["machine"]
    kind = "virtual machine" if about["is_virtual"] else "machine"
    return (f"{about['system']}, kernel {about['kernel']}, a {kind} with {about['cores']} cores "
            f"({about['processor']}) and {about['memory_gb']} GB; {about['restante']}, Dovecot {about['dovecot'] or '–'}, "
            f"{about['openssl']}. Medians of {results['rounds']} interleaved rounds; processor time by "
            f"{results['how']}; the middle half of the rounds spreads over {spread(results):.0f} % (median of all rows).")


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__.strip())
    results = json.loads(Path(sys.argv[1]).read_text())
    page = Path(sys.argv[2]) / "benchmarks.md"
    text = page.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"{page}: the marks of the measured part are not there")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{table(results)}\n\n{machine(results)}\n\n{POLICIES}\n\n"
                    f"{policy_table(results['policies'])}\n\n{END}{after}")
    (page.parent / "benchmarks.svg").write_text(draw(results, ours(results), RIVAL, number))


if __name__ == "__main__":
    main()
