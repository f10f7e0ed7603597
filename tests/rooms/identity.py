"""What each room may do, once it runs: as whom, in which groups, with which capabilities."""
import pwd

from harness.results import Failure
from harness.wire import Wire
from rooms.processes import Process, rooms

CAP_SETGID, CAP_SETUID = 1 << 6, 1 << 7


def same(what, wanted, found):
    if wanted != found:
        raise Failure(f"{what}: expected {wanted}, found {found}")


def check(name, process, uid, gid, groups, capabilities):
    same(f"{name}: uids", [uid] * 4, process.ids("Uid"))
    same(f"{name}: gids", [gid] * 4, process.ids("Gid"))
    # The group itself among the supplementary ones gives nothing more.
    same(f"{name}: groups", groups, [group for group in process.ids("Groups") if group != gid])
    for which in ("CapPrm", "CapEff"):
        same(f"{name}: {which}", capabilities, process.capabilities(which))
    for which in ("CapInh", "CapAmb"):
        same(f"{name}: {which}", 0, process.capabilities(which))
    same(f"{name}: NoNewPrivs", "1", process.status["NoNewPrivs"])


def root_rooms(server, account):
    network, internal = pwd.getpwnam("restante-net"), pwd.getpwnam("restante")
    wire = Wire(server, "plain")
    wire.login(account)
    found = rooms(server)
    for process in found["frontend"]:
        check("frontend", process, network.pw_uid, network.pw_gid, [], 0)
        same("frontend: root folder", str(server.base / "state" / "empty"), process.root())
    for process in found["auth"]:
        check("auth", process, internal.pw_uid, internal.pw_gid, [], 0)
    for process in found["auth-worker"]:
        check("auth worker", process, internal.pw_uid, internal.pw_gid, [server.identity.group], 0)
    for process in found["nursery"]:
        check("nursery", process, internal.pw_uid, internal.pw_gid, [], CAP_SETUID | CAP_SETGID)
    for process in found["spare"]:
        check("spare worker", process, internal.pw_uid, internal.pw_gid, [], CAP_SETUID | CAP_SETGID)
    for process in found["worker"]:
        check("worker", process, account.uid, account.gid, [], 0)
    same("numbers of rooms", [2, 1, 2, 1, 1], [len(found[kind]) for kind in found if kind != "spare"])
    same("master: uids", [0] * 4, Process(server.process.pid).ids("Uid"))
    wire.close()


def user_rooms(server, account):
    uid, gid = server.identity.uid, server.identity.gid
    wire = Wire(server, "plain")
    wire.login(account)
    for kind, found in rooms(server).items():
        same(f"{kind} is there", kind != "spare", len(found) > 0)
        for process in found:
            same(f"{kind}: uids", [uid] * 4, process.ids("Uid"))
            same(f"{kind}: gids", [gid] * 4, process.ids("Gid"))
            same(f"{kind}: CapPrm", 0, process.capabilities("CapPrm"))
    wire.close()


def state_is_the_owners(server, account):
    """The state directory of a maildrop belongs to its owner and is closed to everybody else."""
    state = [path for path in (server.base / "state").iterdir() if path.is_dir() and path.name != "empty"]
    owners = {(path.stat().st_uid, path.stat().st_mode & 0o7777) for path in state}
    if (account.uid, 0o700) not in owners:
        raise Failure(f"state directories have (owner, mode) {owners}")
