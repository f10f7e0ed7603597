"""The rooms of a running server, as /proc shows them."""
import os
from pathlib import Path

PROC = Path("/proc")


class Process:
    def __init__(self, pid):
        self.pid = pid
        self.arguments = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        self.status = dict(line.split(":\t", 1) for line in (PROC / str(pid) / "status").read_text().splitlines()
                           if ":\t" in line)

    @property
    def parent(self):
        return int(self.status["PPid"])

    def ids(self, what):
        """Real, effective, saved and file system id ("Uid", "Gid"), or the groups ("Groups")."""
        return [int(number) for number in self.status[what].split()]

    def capabilities(self, what):
        return int(self.status[what], 16)

    def root(self):
        return os.readlink(PROC / str(self.pid) / "root")

    def kind(self):
        program = os.path.basename(self.arguments[0].decode())
        if program == "restante-auth":
            return "auth" if self.arguments[1] == b"dispatcher" else "auth-worker"
        return {"restante-frontend": "frontend", "restante-session": "nursery"}.get(program, "master")


def processes():
    for entry in os.listdir(PROC):
        if entry.isdigit():
            try:
                process = Process(int(entry))
            except (FileNotFoundError, ProcessLookupError):
                continue
            if process.status["State"][0] != "Z":
                yield process


def is_alive(pid):
    try:
        return Process(pid).status["State"][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid):
    return [process.pid for process in processes() if process.parent == pid]


def rooms(server):
    """Kind of room -> its processes; session workers are the nurseries' children. Those that serve nobody yet are still
    what the nursery is: as root one sees which they are, else all count as workers."""
    everything = list(processes())
    found = {"frontend": [], "auth": [], "auth-worker": [], "nursery": [], "worker": [], "spare": []}
    for process in everything:
        if process.parent == server.process.pid and process.kind() in found:  # else it is about to become a room
            found[process.kind()].append(process)
    nurseries = {process.pid for process in found["nursery"]}
    children = [process for process in everything if process.parent in nurseries]
    found["spare"] = [process for process in children if process.capabilities("CapEff")]
    found["worker"] = [process for process in children if not process.capabilities("CapEff")]
    return found


def pids(server, kind):
    return sorted(process.pid for process in rooms(server)[kind])
