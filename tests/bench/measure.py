"""What a server used: processor seconds and memory of all its processes, those that have ended included."""
import os
import time
from pathlib import Path

SETTLED_S, PATIENCE_S = 0.05, 3


def mounted(kind, option=None):
    """Where a file system of this kind is mounted."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, found, options, *_ = line.split()
        if found == kind and (option is None or option in options.split(",")):
            return Path(place)
    return None


def own_cgroup(controller):
    """The path of this process's group in the hierarchy of a controller; "" names version 2."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path.lstrip("/")
    return ""


class Cgroup:
    """A control group of its own for each server: the kernel counts, exited processes included."""
    how = "cgroup"

    def __init__(self, parent, name, file):
        self.path = parent / f"restante-bench.{os.getpid()}.{name}"
        self.file = self.path / file
        self.path.mkdir()
        self.seconds()

    def join(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def watch(self, pid):
        pass

    def seconds(self):
        text = self.file.read_text()
        if self.file.name == "cpu.stat":
            return int(dict(line.split() for line in text.splitlines())["usage_usec"]) / 1e6
        return int(text) / 1e9

    def pids(self):
        return [int(line) for line in (self.path / "cgroup.procs").read_text().split()]

    def close(self):
        self.path.rmdir()


class Tree:
    """Without control groups: a process and its descendants, and what they have waited for."""
    how = "/proc/PID/stat"

    def __init__(self):
        self.root = 0

    def join(self):
        pass

    def watch(self, pid):
        self.root = pid

    def stats(self):
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    found[int(entry.name)] = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
        return found

    def pids(self):
        stats, tree = self.stats(), [self.root]
        for pid in tree:
            tree += [child for child, fields in stats.items() if int(fields[1]) == pid]
        return [pid for pid in tree if pid in stats]

    def seconds(self):
        stats = self.stats()
        ticks = sum(sum(int(field) for field in stats[pid][11:15]) for pid in self.pids() if pid in stats)
        return ticks / os.sysconf("SC_CLK_TCK")

    def close(self):
        pass


def usage_of(name):
    for parent, file in ((mounted("cgroup", "cpuacct"), "cpuacct.usage"), (mounted("cgroup2"), "cpu.stat")):
        if parent is None:
            continue
        try:
            return Cgroup(parent / own_cgroup("cpuacct" if file == "cpuacct.usage" else ""), name, file)
        except (OSError, KeyError):
            continue
    return Tree()


def settled_seconds(usage):
    """The processor seconds, once what is still ending has ended."""
    limit = time.monotonic() + PATIENCE_S
    before = usage.seconds()
    while time.monotonic() < limit:
        time.sleep(SETTLED_S)
        now = usage.seconds()
        if now - before < SETTLED_S / 50:
            return now
        before = now
    return before


def memory_kb(usage):
    """Sum of the proportional set sizes: memory that processes share is counted once."""
    total = 0
    for pid in usage.pids():
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total
