"""restante expire: what policies want to be removed is removed without anybody who logs in, and nothing else."""
import fcntl
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

from commands.administrator import EXIT_USAGE, expect
from harness import modules
from harness.results import Failure
from harness.server import wait_until
from harness.wire import Wire
from maintain.boxes import snapshot

EXIT_FAILURE, EXIT_IN_USE = 1, 75
DAY_S = 86400

# Large messages go; those called "later" in ten days; those called "held" never.
POLICY = """
local p = { api = 1, name = "large" }
function p.open(session, maildrop)
  local answers = {}
  for number, message in pairs(maildrop.messages) do
    local subject = message:header("Subject")
    if subject == "held" then
      answers[number] = restante.hold("held")
    elseif message.octets > 1000 or subject == "later" and session.now > %d then
      answers[number] = restante.expire("too large")
    end
  end
  return answers
end
return p
"""


def configure(server, policy=None, *lines):
    (server.base / "policy.lua").write_text(policy or POLICY % (time.time() + 10 * DAY_S))
    (server.base / "policy.lua").chmod(0o644)
    server.conf_lines += ['policy = { { script = "{base}/policy.lua" } }', *lines]


def store(server, account, number, subject="small", octets=100):
    text = b"Subject: %s\nMessage-ID: <%d@example.org>\n\n" % (subject.encode(), number)
    name = f"{1700000000 + number}.{number}.host"
    account.maildrop.store(f"new/{name}" if server.driver == "maildir" else name, text + b"x" * octets + b"\n")
    return name


def user(server, name, small=2, large=0):
    account = server.user(name)
    for number in range(small + large):
        store(server, account, number, octets=100 if number < small else 2000)
    return account


def left(account):
    return len(account.maildrop.files())


def expect_left(account, count):
    if left(account) != count:
        raise Failure(f"{account.name} has {left(account)} messages, not {count}")


def children_of(pid):
    found = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return {line.split(None, 1)[1]: int(line.split()[0]) for line in found.stdout.splitlines()}


def rooms_below(server):
    """Processes of this installation's rooms that belong to no server of another test: none should be left."""
    listed = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(server.file) in line]


def removes_what_policies_want(server):
    """With the server stopped; whoever logs in afterwards finds the rest, and the journal tells of it."""
    configure(server)
    alice, bob = user(server, "alice", 2, 3), user(server, "bob", 1)
    server.prepare()
    done = server.command("expire", "--all")
    expect(done, 0)
    lines = done.stdout.splitlines()
    if not lines[0].startswith("alice: 3 of 5 messages removed (") or \
            lines[1] != "bob: 0 of 1 messages removed (0 octets)" or \
            not lines[2].startswith("2 maildrops: 3 of 6 messages removed (") or len(lines) != 3:
        raise Failure(done.stdout)
    expect_left(alice, 2)
    expect_left(bob, 1)
    with server:
        wire = Wire(server, "plain")
        wire.login(alice)
        if not wire.ok("STAT").startswith(b"+OK 2 "):
            raise Failure("the login finds something else")
    expect(server.command("expire", "--user", "alice"), 0, "alice: 0 of 2 messages removed (0 octets)")


def a_dry_run_changes_nothing(server):
    """Neither mail nor state, whether there is any state yet or not."""
    configure(server)
    alice = user(server, "alice", 2, 3)
    server.prepare()
    before = snapshot(server.base)
    expect(server.command("expire", "--user", "alice", "--dry-run"), 0, "alice: 3 of 5 messages would be removed (")
    if snapshot(server.base) != before:
        raise Failure("something was made or changed")
    with server:
        pass
    store(server, alice, 7, octets=3000)
    before = snapshot(server.base)
    expect(server.command("expire", "--all", "--dry-run"), 0, "alice: 4 of 6 messages would be removed (",
           "1 maildrops: 4 of 6 messages would be removed (")
    if snapshot(server.base) != before:
        raise Failure("something was changed")
    expect_left(alice, 6)


def the_journal_forgets_in_time(server):
    """Entries that are too old go with a run of expire, also where nothing is removed any more."""
    configure(server)
    alice = user(server, "alice", 1, 1)
    server.prepare()
    expect(server.command("expire", "--user", "alice"), 0, "alice: 1 of 2 messages removed")
    state = server.state_of(alice)
    name = next(state.glob("removals-*")).name
    text = (state / name).read_text()
    old = state / "removals-000009-1500000000.jsonl"
    old.write_text(text.replace(text[9:13], "2017", 1))
    os.chown(old, alice.uid, alice.gid)
    expect(server.command("expire", "--user", "alice", "--dry-run"), 0)
    (state / name).unlink()
    expect(server.command("journal", "alice"), 0, "2017-")
    expect(server.command("expire", "--user", "alice"), 0, "alice: 0 of 1 messages removed")
    if list(state.glob("removals-*")):
        raise Failure("what is years old is remembered")


def times_to_come(server):
    """--at looks ahead, only in a dry run."""
    configure(server)
    alice = server.user("alice")
    store(server, alice, 1, "later")
    store(server, alice, 2)
    server.prepare()
    expect(server.command("expire", "--user", "alice", "--dry-run"), 0, "alice: 0 of 2 messages would")
    ahead = time.strftime("%Y-%m-%d", time.localtime(time.time() + 12 * DAY_S))
    for at in ("12d", ahead, f"{ahead} 18:30"):
        expect(server.command("expire", "--user", "alice", "--dry-run", "--at", at), 0, "alice: 1 of 2 messages would")
    for arguments, text in ((("--at", "12d"), "--at works with --dry-run alone"),
                            (("--at", "2020-01-01", "--dry-run"), "--at is for times to come"),
                            (("--at", "soon", "--dry-run"), "is no time: write"),
                            (("--at", "2027-02-30", "--dry-run"), "is no time: write"),
                            (("--at", "12d", "--dry-run", "--force"), "a time to come approves nothing")):
        expect(server.command("expire", "--user", "alice", *arguments), EXIT_USAGE, text)
    expect_left(alice, 2)


def wrong_arguments(server):
    configure(server)
    alice = user(server, "alice", 0, 1)
    server.prepare()
    for arguments in ((), ("alice",), ("--all", "--user", "alice"), ("--all", "alice"), ("--all", "--json"),
                      ("--user", ""), ("--dry-run",), ("--force",)):
        expect(server.command("expire", *arguments), EXIT_USAGE, "usage: restante expire")
    expect(server.command("expire", "--user", "bob"), EXIT_FAILURE, "there is no user bob")
    expect_left(alice, 1)


def in_use_is_skipped(server):
    """Beside a running server: whoever is connected is left alone, everybody else is not."""
    configure(server)
    alice, bob = user(server, "alice", 1), user(server, "bob", 1, 1)
    with server:
        wire = Wire(server, "plain")
        wire.login(alice)
        store(server, alice, 5, octets=2000)
        done = server.command("expire", "--all")
        expect(done, EXIT_IN_USE, "alice: skipped: the maildrop is in use", "bob: 1 of 2 messages removed",
               "1 maildrops were in use and skipped")
        expect_left(alice, 2)
        expect_left(bob, 1)
        wire.ok("QUIT")
        expect(server.command("expire", "--user", "alice"), 0, "alice: 1 of 2 messages removed")
        expect_left(alice, 1)


def the_brake_holds_until_approved(server):
    configure(server)
    alice, bob = user(server, "alice", 5, 25), user(server, "bob", 0, 1)
    server.prepare()
    for arguments in (("--all", "--dry-run"), ("--all",)):
        expect(server.command("expire", *arguments), EXIT_FAILURE, "alice: 0 of 30 messages ", ", 25 left alone",
               "the brake holds: rules would remove 25 of 30", "restante expire --user alice --force")
        expect_left(alice, 30)
    expect_left(bob, 0)
    expect(server.command("expire", "--user", "alice", "--dry-run", "--force"), 0, "alice: 25 of 30 messages would")
    expect(server.command("expire", "--user", "alice", "--force"), 0, "alice: 25 of 30 messages removed")
    expect_left(alice, 5)


def a_clock_that_cannot_be_right(server):
    """The last run was in the future: nothing is removed until somebody says that the clock is right."""
    configure(server)
    alice = user(server, "alice", 1, 1)
    server.prepare()
    expect(server.command("expire", "--all", "--dry-run"), 0)
    if (server.state / "clock").exists():
        raise Failure("a dry run counts as a run")
    bob = user(server, "bob", 1)
    server.write_users()
    expect(server.command("expire", "--user", "bob"), 0)
    clock = server.state / "clock"
    text = clock.read_text()
    clock.write_text(text[:text.rindex(" ") + 1] + f"{int(time.time()) + 90 * DAY_S}\n")
    expect(server.command("expire", "--all"), EXIT_FAILURE, "alice: 0 of 2 messages removed", "1 left alone", "clock")
    expect(server.command("expire", "--user", "alice", "--force"), EXIT_FAILURE, "alice: 0 of 2 messages removed")
    expect_left(alice, 2)
    expect(server.command("expire", "--all", "--force"), 0, "alice: 1 of 2 messages removed")
    expect_left(alice, 1)
    expect_left(bob, 1)
    if int(clock.read_text().split()[-1]) > time.time() + DAY_S:
        raise Failure("the clock is not believed from now on")


def hold_beats_everything(server):
    configure(server)
    alice = server.user("alice")
    store(server, alice, 1, "held", 5000)
    store(server, alice, 2, "free", 5000)
    server.prepare()
    expect(server.command("expire", "--user", "alice", "--force"), 0, "alice: 1 of 2 messages removed")
    if "held" not in str(snapshot(alice.home)):
        raise Failure("the held message is gone")


def a_policy_that_fails_removes_nothing(server):
    configure(server, 'local p = { api = 1, name = "bad" }\nfunction p.open() error("no") end\nreturn p\n')
    alice = user(server, "alice", 1, 1)
    server.prepare()
    expect(server.command("expire", "--all"), EXIT_FAILURE, "alice: the policy bad lets nobody open the maildrop",
           "1 maildrops failed")
    expect_left(alice, 2)


def a_removal_that_fails(server):
    """It is said and counted; what could be removed is."""
    if server.driver == "mbox":
        return  # one file: all or nothing
    configure(server)
    alice = user(server, "alice", 1, 1)
    store(server, alice, 9, octets=3000)
    os.rename(alice.maildrop.path / "new" / "1700000009.9.host", alice.maildrop.path / "cur" / "1700000009.9.host:2,S")
    (alice.maildrop.path / "new").chmod(0o500)
    server.prepare()
    expect(server.command("expire", "--all"), EXIT_FAILURE,
           "alice: 1 of 3 messages removed", "1 could not be removed", "1 messages that were to be removed are still")
    expect_left(alice, 2)


def many_users(server):
    """A hundred, with several workers; told in order, each once."""
    configure(server)
    accounts = [user(server, f"user{number:03}", 1, number % 3) for number in range(100)]
    server.prepare()
    done = server.command("expire", "--all")
    expect(done, 0)
    lines = done.stdout.splitlines()
    wanted = [f"user{number:03}: {number % 3} of {1 + number % 3} messages removed" for number in range(100)]
    if [line.split(" (")[0] for line in lines[:-1]] != wanted or \
            not lines[-1].startswith("100 maildrops: 99 of 199 messages removed ("):
        raise Failure(done.stdout)
    for account in accounts:
        expect_left(account, 1)


def two_names_of_one_maildrop(server):
    """Neither finds it in use by the other, however long that takes."""
    configure(server)
    alice = user(server, "alice", 1, 1)
    server.prepare()
    users = server.base / "users"
    line = users.read_text()
    users.write_text(line + "".join(line.replace("alice:", f"alias{number}:", 1) for number in range(20)))
    with open(alice.maildrop.path if server.driver == "mbox" else users, "r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)  # a deliverer: the mbox cannot be opened for longer than anybody is waited for
        process = start(server, "expire", "--all")
        wait_until(begun(server), "the first maildrop")
        if server.driver == "mbox":
            time.sleep(1.5)
    out, error = process.communicate(timeout=60)
    if process.returncode != 0 or "21 maildrops: 1 of " not in out:
        raise Failure(f"status {process.returncode}: {out}{error}")
    expect_left(alice, 1)


def mail_of_others(server):
    """An ordinary user's --all passes over it; whoever names it is told."""
    configure(server)
    alice = user(server, "alice", 0, 1)
    other = server.user("other")
    other.line = lambda: f"other:{{PLAIN}}x:{1 if server.identity.is_root else 7777}:7777::{other.home}::\n"
    server.prepare()
    done = server.command("expire", "--all")
    expect(done, 0, "1 maildrops: 1 of 1 messages")
    if "other" in done.stdout + done.stderr:
        raise Failure(done.stdout + done.stderr)
    expect(server.command("expire", "--user", "other"), EXIT_FAILURE, "other: ",
           "below accounts.minimum_uid" if server.identity.is_root else "only its own mail can be served")
    expect_left(alice, 0)


def a_driver_that_cannot_list_its_users(server):
    """It says that --all is not possible before anything is done, and users can be named."""
    configure(server, None, 'auth = { { driver = "file", path = "{base}/users" }, { driver = "nolist" } }')
    modules.build(server, "auth", Path(__file__).parent / "nolist_driver.c", "nolist")
    alice = user(server, "alice", 1, 1)
    server.prepare()
    for arguments in (("expire", "--all"), ("journal",)):
        expect(server.command(*arguments), EXIT_FAILURE,
               "auth[2]: the nolist driver cannot list its users: --all is not possible, name them")
    expect_left(alice, 2)
    expect(server.command("expire", "--user", "alice"), 0, "alice: 1 of 2 messages removed")
    expect(server.command("expire", "--user", "bob"), EXIT_FAILURE, "there is no user bob (nobody has an account here)")


def entries_are_asked_in_their_order(server):
    """As at a login: the first that knows the name decides; who stands in both lists is done once."""
    configure(server, None, 'auth = { { driver = "file", path = "{base}/users" }, '
                            '{ driver = "file", path = "{base}/others" } }')
    alice, bob = user(server, "alice", 1, 1), user(server, "bob", 1, 1)
    server.prepare()
    users, others = server.base / "users", server.base / "others"
    lines = users.read_text().splitlines(keepends=True)
    others.write_text(lines[1] + lines[0].replace(str(alice.home), str(bob.home)))
    others.chmod(users.stat().st_mode & 0o777)
    if os.geteuid() == 0:
        os.chown(others, users.stat().st_uid, users.stat().st_gid)
    users.write_text(lines[0])
    done = server.command("expire", "--all")
    expect(done, 0, "alice: 1 of 2 messages", "bob: 1 of 2 messages", "2 maildrops: ")
    expect_left(alice, 1)
    expect_left(bob, 1)


def a_list_that_cannot_be_read(server):
    """Nobody's mail is touched by half a list."""
    configure(server)
    alice = user(server, "alice", 1, 1)
    server.prepare()
    (server.base / "users").chmod(0)
    done = server.command("expire", "--all")
    if done.returncode in (0, EXIT_IN_USE):
        raise Failure(f"status {done.returncode}: {done.stdout}{done.stderr}")
    expect_left(alice, 2)


def start(server, *arguments, **more):
    return subprocess.Popen([server.installation.command, *arguments, "-c", server.file], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, **server.identity.popen_arguments(), **more)


def begun(server):
    """The first maildrop has been opened."""
    return lambda: server.state.exists() and any(path.name not in ("clock", "empty") for path in server.state.iterdir())


def gate(server):
    """Whoever opens a maildrop waits at the gate until this file is made: so that a run is not over too early."""
    modules.build(server, "policy", modules.GATE, "gate")
    file = server.base / "go"
    server.conf_lines.remove('policy = { { script = "{base}/policy.lua" } }')
    server.conf_lines += [f'policy = {{ {{ driver = "gate", file = "{file}" }}, {{ script = "{{base}}/policy.lua" }} }}',
                          'confinement = "off"']
    return file


def whole(server, accounts, status, process, *texts):
    out, error = process.communicate(timeout=60)
    if process.returncode != status:
        raise Failure(f"status {process.returncode}: {out}{error}")
    for text in texts:
        if text not in error:
            raise Failure(f"{text!r} is missing in: {error}")
    told = {line.split(":")[0] for line in out.splitlines()}
    for account in accounts:
        if left(account) not in (1, 2) or (account.name in told and left(account) != 1):
            raise Failure(f"{account.name} has {left(account)} messages, told: {account.name in told}")
    if rooms_below(server):
        raise Failure(f"left behind: {rooms_below(server)}")
    odd = [path for path in server.state.rglob("*") if path.name.endswith((".new", ".tmp")) or path.name == "journal"]
    if odd:
        raise Failure(f"left behind: {odd}")


def the_worker_is_the_owner_and_locked_in(server):
    """Seen while it waits for another program's lock: the owner's ids, no capability, no way to new rights, a filter."""
    if server.driver != "mbox":
        return  # nobody makes a Maildir wait
    configure(server)
    alice = user(server, "alice", 1, 1)
    server.prepare()
    with open(alice.maildrop.path, "r+b") as mbox:
        fcntl.lockf(mbox, fcntl.LOCK_EX)
        process = start(server, "expire", "--all")
        workers = []

        def a_worker():
            workers[:] = [pid for name, room in children_of(process.pid).items() if "restante-session" in name
                          for pid in children_of(room).values()]
            return workers and status_of(workers[0]).get("Uid", "").split() == [str(alice.uid)] * 4
        wait_until(a_worker, "a worker of the owner's")
        status = status_of(workers[0])
        fcntl.lockf(mbox, fcntl.LOCK_UN)
    if process.wait(60) != 0:
        raise Failure(process.stderr.read())
    wanted = {"Gid": [str(alice.gid)] * 4, "Groups": [], "CapEff": ["0" * 16], "CapPrm": ["0" * 16]}
    if not server.installation.is_sanitized:
        wanted |= {"NoNewPrivs": ["1"], "Seccomp": ["2"]}
    if any(status[key].split() != value for key, value in wanted.items()):
        raise Failure(f"{status}")


def status_of(pid):
    try:
        return dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    except FileNotFoundError:
        return {}


def an_interrupt_leaves_nothing_half_done(server):
    """By a key, by the service manager, or with the terminal: every removal that has begun comes to its end."""
    configure(server)
    go = gate(server)
    accounts = [user(server, f"user{number:03}", 1, 1) for number in range(40)]
    server.prepare()
    process = start(server, "expire", "--all")
    wait_until(begun(server), "the first maildrop")
    rooms = list(children_of(process.pid).values())
    process.send_signal({"maildir": signal.SIGINT, "mbox": signal.SIGHUP if server.identity.is_root else signal.SIGTERM}
                        [server.driver])
    go.touch()
    whole(server, accounts, EXIT_FAILURE, process, "interrupted: ", "maildrops were not looked at")
    if any(os.path.exists(f"/proc/{pid}") for pid in rooms):
        raise Failure("rooms are left")
    expect(server.command("expire", "--all"), 0)
    for account in accounts:
        expect_left(account, 1)


def a_room_that_dies(server):
    configure(server)
    go = gate(server)
    accounts = [user(server, f"user{number:03}", 1, 1) for number in range(40)]
    server.prepare()
    process = start(server, "expire", "--all")
    wait_until(begun(server), "the first maildrop")
    for name, pid in children_of(process.pid).items():
        if "restante-session" in name:
            os.kill(pid, signal.SIGKILL)
    go.touch()
    whole(server, accounts, EXIT_FAILURE, process, "was ended by signal 9", "given up: ")


def progress_on_a_terminal(server):
    """On standard error, where that is one, and nowhere else."""
    configure(server)
    for number in range(30):
        user(server, f"user{number:03}", 1)
    server.prepare()
    expect(server.command("expire", "--all"), 0)
    done = server.command("expire", "--all")
    if "\r" in done.stdout + done.stderr or "of 30\n" in done.stderr:
        raise Failure("a bar where there is no terminal")
    ours, theirs = pty.openpty()
    process = subprocess.Popen([server.installation.command, "expire", "--all", "-c", server.file],
                               stdout=subprocess.PIPE, stderr=theirs, **server.identity.popen_arguments())
    os.close(theirs)
    out = process.stdout.read()
    process.wait(60)
    shown = b""
    try:
        while more := os.read(ours, 65536):
            shown += more
    except OSError:
        pass
    os.close(ours)
    if b"] 1 of 30" not in shown or not shown.endswith(b"\r\x1b[K") or b"\r" in out or b"30 maildrops" not in out:
        raise Failure(f"{shown!r} {out!r}")


def without_policies_nothing_goes(server):
    alice = user(server, "alice", 1, 1)
    server.prepare()
    expect(server.command("expire", "--all", "--force"), 0, "alice: 0 of 2 messages removed")
    expect_left(alice, 2)


def a_full_pipe_or_disk(server):
    """What cannot be told is a failure; nobody goes on in the dark."""
    configure(server)
    user(server, "alice", 1)
    server.prepare()
    with open("/dev/full", "wb") as full:
        done = subprocess.run([server.installation.command, "expire", "--all", "-c", server.file], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False, **server.identity.popen_arguments())
    if done.returncode != EXIT_FAILURE or "cannot be written" not in done.stderr:
        raise Failure(f"{done.returncode}: {done.stderr}")


def in_isolation_uid(server):
    configure(server, None, 'isolation = "uid"')
    alice = user(server, "alice", 1, 1)
    server.prepare()
    expect(server.command("expire", "--all"), 0, "alice: 1 of 2 messages removed")
    expect_left(alice, 1)


TESTS = (removes_what_policies_want, the_journal_forgets_in_time, a_dry_run_changes_nothing, times_to_come,
         wrong_arguments, in_use_is_skipped,
         the_brake_holds_until_approved, a_clock_that_cannot_be_right, hold_beats_everything,
         a_policy_that_fails_removes_nothing, a_removal_that_fails, many_users, two_names_of_one_maildrop,
         mail_of_others, a_driver_that_cannot_list_its_users, entries_are_asked_in_their_order,
         a_list_that_cannot_be_read, the_worker_is_the_owner_and_locked_in, an_interrupt_leaves_nothing_half_done, a_room_that_dies, progress_on_a_terminal,
         without_policies_nothing_goes, a_full_pipe_or_disk, in_isolation_uid)
