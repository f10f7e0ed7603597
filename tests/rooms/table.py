"""The table of docs/security.md against a running server: what each process has, and nothing else, in both isolations."""
import os
import pwd
import re
from pathlib import Path

from harness.identity import OneOwner
from harness.results import Failure
from harness.server import Server, wait_until
from harness.wire import Wire
from rooms.processes import Process, rooms

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "security.md"
SETID = 1 << 6 | 1 << 7
MASTER = sum(1 << number for number in (0, 1, 2, 3, 5, 6, 7, 8, 10, 18, 29))
LIMITS = {"core": "Max core file size", "processes": "Max processes", "file size": "Max file size",
          "data": "Max data size"}
PLAIN = {"/dev/null": "null", "anon_inode:[eventpoll]": "epoll", "anon_inode:[signalfd]": "signalfd"}
WORKER_MEMORY = 192 << 20
# Policies of both kinds are there: they must not need more than the table says, nor keep anything open.
CONF = ['confinement = "require"', 'limits = { worker_memory = "192M" }',
        'policy = { { script = "read-only" }, { script = "login-pacing", logins = 9 }, '
        '{ driver = "access", rules = { "allow * from 127.0.0.0/8" } } }']


def table(heading):
    """Room -> column -> text, of the table below a heading."""
    part = DOCUMENT.read_text().split(f"\n### {heading}\n")[1].split("\n#")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    head, body = rows[0], rows[2:]
    return {row[0].strip("`"): dict(zip(head, row)) for row in body}


def same(what, wanted, found):
    if wanted != found:
        raise Failure(f"{what}: docs/security.md says {wanted}, /proc {found}")


# --- what /proc says -------------------------------------------------------------------------------------------------

def sockets():
    """Inode -> what kind of socket."""
    found = {}
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        listens = int(fields[3], 16) & 0x10000
        kind = "admin" if listens else {"0005": "channel", "0001": "relay"}.get(fields[4], "unix")
        found[fields[6]] = kind
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            found[fields[9]] = "listener" if fields[3] == "0A" else "client"
    return found


def descriptor(server, number, link, known):
    below = {"state": server.base / "state", "mail": server.base / "mail"}
    if number == 2:
        return "stderr"
    if link.startswith("socket:["):
        return known.get(link[8:-1], "unknown socket")
    if link.startswith("pipe:["):
        return "pipe"
    if link in PLAIN:
        return PLAIN[link]
    for what, folder in below.items():
        if Path(link) == folder or folder in Path(link).parents:
            return what
    return "stderr" if link == str(server.log_path) else link


def descriptors(server, process):
    known = sockets()
    folder = f"/proc/{process.pid}/fd"
    return {descriptor(server, int(name), os.readlink(f"{folder}/{name}"), known) for name in os.listdir(folder)}


def limits(process):
    text = Path(f"/proc/{process.pid}/limits").read_text()
    return {short: re.search(rf"^{name} +(\S+) +(\S+)", text, re.M).groups() for short, name in LIMITS.items()}


# --- what the words of the table mean --------------------------------------------------------------------------------

def check_identity(server, kind, process, row, owners):
    uids = {"root": 0, "restante-net": None, "restante": None, "starter": server.identity.uid}
    if row["uid"] == "owner":
        same(f"{kind}: uid is an owner's", True, process.ids("Uid")[0] in owners)
        uid = process.ids("Uid")[0]
    else:
        uid = uids[row["uid"]]
        uid = pwd.getpwnam(row["uid"]).pw_uid if uid is None else uid
    same(f"{kind}: uids", [uid] * 4, process.ids("Uid"))
    if row["groups"] != "as started":
        wanted = {"none": [], "entry": [server.identity.group]}[row["groups"]]
        # The group itself among the supplementary ones gives nothing more.
        same(f"{kind}: groups", wanted, [one for one in process.ids("Groups") if one != process.ids("Gid")[0]])


def check_privileges(kind, process, row):
    sets = {"none": 0, "setid": SETID, "master": MASTER}
    for name in ("CapPrm", "CapEff"):
        same(f"{kind}: {name}", sets[row["capabilities"]], process.capabilities(name))
    for name in ("CapInh", "CapAmb"):
        same(f"{kind}: {name}", 0, process.capabilities(name))
    if row["bounding set"] != "as started":
        same(f"{kind}: CapBnd", sets[row["bounding set"]], process.capabilities("CapBnd"))
    same(f"{kind}: no_new_privs", row["no_new_privs"], {"0": "no", "1": "yes"}[process.status["NoNewPrivs"]])
    same(f"{kind}: seccomp", row["seccomp"], process.status["Seccomp_filters"].strip())
    same(f"{kind}: seccomp mode", "0" if row["seccomp"] == "0" else "2", process.status["Seccomp"].strip())


def check_limits(kind, process, row, started):
    found = limits(process)
    for name in LIMITS:
        wanted = {"0": ("0", "0"), "worker_memory": (str(WORKER_MEMORY), str(WORKER_MEMORY)),
                  "as started": started[name]}[row[name]]
        same(f"{kind}: {name}", wanted, found[name])


def check_server(server, accounts, heading):
    wanted = table(heading)
    plain, tls = Wire(server, "plain"), Wire(server, "tls")
    plain.login(accounts[0])
    tls.login(accounts[1])
    found = {}

    def are_all_there():
        found.update(rooms(server))
        found["master"] = [Process(server.process.pid)]
        workers = found["worker"] + found["spare"]
        found["spare"] = [one for one in workers if one.status["Seccomp_filters"].strip() == "2"]
        found["worker"] = [one for one in workers if one not in found["spare"]]
        return all(found.get(kind) for kind in wanted)

    wait_until(are_all_there, "a process of each kind in docs/security.md")
    same("rooms", sorted(wanted), sorted(found))
    started = limits(Process(os.getpid()))
    owners = {account.uid for account in accounts}
    for kind, row in wanted.items():
        seen = set()
        for process in found[kind]:
            check_identity(server, kind, process, row, owners)
            check_privileges(kind, process, row)
            check_limits(kind, process, row, started)
            if os.geteuid() != 0:
                continue  # /proc shows the rest to root alone
            empty = str(server.base / "state" / "empty")
            same(f"{kind}: root folder", {"/": "/", "empty": empty}[row["root folder"]], process.root())
            seen |= descriptors(server, process)
        if os.geteuid() == 0:
            same(f"{kind}: descriptors", sorted(row["descriptors"].split()), sorted(seen))
    for wire in (plain, tls):
        wire.ok("QUIT")
        wire.close()


def table_is_what_runs(installation, identity):
    heading = "Started as root" if identity.is_root else "Started as an ordinary user"
    for who, isolation in ((identity, "session"), (OneOwner(identity), "uid")):
        server = Server(installation, installation.base / f"table-{identity.name}-{isolation}", who, list(CONF))
        accounts = [server.account(name) for name in ("alice", "bob")]
        for account in accounts:
            account.maildrop.store("new/1000000001.a", b"one\n")
        with server:
            check_server(server, accounts, heading)


TESTS = (table_is_what_runs,)
