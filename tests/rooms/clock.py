"""The clock guard: a clock that does not fit the last run stops policies, not clients, until somebody approves."""
import os
import time

from harness.results import Failure
from harness.wire import Wire
from rooms.life import make_server
from rooms.policies import policy_line, script
from rooms.reload import expect_reloaded

DAY_S = 86400
POLICY = """local p = { api = 1, name = "old" }
function p.open(session, maildrop)
  local answers = {}
  for number, message in pairs(maildrop.messages) do
    if message:header("Subject") == "old" then
      answers[number] = restante.expire("too old")
    end
  end
  return answers
end
return p
"""


def make_aging(installation, identity, name):
    """Of alice's messages the second is to expire."""
    server, alice = make_server(installation, identity, name)
    alice.maildrop.store("new/1000000002.b", b"Subject: old\n\ntext\n")
    server.conf_lines.append(policy_line(f'script = "{script(server, "old.lua", POLICY)}"'))
    return server, alice


def write_clock(server, text):
    """As the server itself would have."""
    state = server.base / "state"
    for path in (state, state / "clock"):
        if path == state:
            state.mkdir(0o711, exist_ok=True)
        else:
            path.write_text(text)
            path.chmod(0o600)
        os.chown(path, server.identity.uid, server.identity.gid)


def last_run(server):
    return int((server.base / "state" / "clock").read_text().split()[-1])


def session(server, account, *commands):
    """How many messages it has."""
    wire = Wire(server, "plain")
    wire.login(account)
    count = int(wire.ok("STAT").split()[1])
    for command in commands:
        wire.ok(command)
    wire.ok("QUIT")
    wire.close()
    return count


def expect_session(server, account, shown, left, *commands):
    count = session(server, account, *commands)
    if count != shown or len(account.maildrop.files()) != left:
        raise Failure(f"{count} messages were shown and {len(account.maildrop.files())} are left, "
                      f"not {shown} and {left}:\n{server.log()}")


def runs_are_written_down(installation, identity):
    server, alice = make_aging(installation, identity, "clock-right")
    write_clock(server, f"restante-clock 1 {int(time.time()) - 20 * DAY_S}\n")
    with server:
        if not 0 <= time.time() - last_run(server) < DAY_S:
            raise Failure(f"the last run is said to be at {last_run(server)}")
        expect_session(server, alice, 1, 1)
    if "event=clock" in server.log():
        raise Failure(f"a good clock is doubted:\n{server.log()}")


def a_doubted_clock_stops_policies_alone(installation, identity):
    now = int(time.time())
    cases = [("ahead", f"restante-clock 1 {now - 40 * DAY_S}\n", "ahead of the last run"),
             ("behind", f"restante-clock 1 {now + 2 * DAY_S}\n", "behind the last run"),
             ("damaged", "restante-clock 1\n", "does not say when the last run was")]
    for name, text, said in cases:
        server, alice = make_aging(installation, identity, f"clock-{name}")
        alice.maildrop.store("new/1000000003.c", b"Subject: old\n\nto be deleted\n")
        write_clock(server, text)
        with server:
            log = server.log()
            line = next((line for line in log.splitlines() if "event=clock" in line), "")
            if " error master" not in line or said not in log or "restante expire --all --force" not in log:
                raise Failure(f"{name}: the log does not say so:\n{log}")
            expect_session(server, alice, 3, 2, "DELE 3")
            server.wait_for_log("the clock cannot be trusted")
            if (server.base / "state" / "clock").read_text() != text:
                raise Failure(f"{name}: what was known of the last run is overwritten")


def approval_is_believed_by_a_running_server(installation, identity):
    server, alice = make_aging(installation, identity, "clock-approved")
    write_clock(server, f"restante-clock 1 {int(time.time()) + 90 * DAY_S}\n")
    with server:
        expect_session(server, alice, 2, 2)
        done = server.command("expire", "--all", "--force")
        if done.returncode != 0 or "1 of 2 messages removed" not in done.stdout:
            raise Failure(f"expire --force ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        alice.maildrop.store("new/1000000004.d", b"Subject: old\n\ntext\n")
        expect_session(server, alice, 2, 2)
        expect_reloaded(server)
        expect_session(server, alice, 1, 1)


def without_a_state_setting(installation, identity):
    """An ordinary user's server keeps it where the XDG rules say."""
    if identity.is_root:
        return
    server, alice = make_aging(installation, identity, "clock-xdg")
    server.environment["XDG_STATE_HOME"] = str(server.base / "xdg")
    write = server.write_configuration

    def write_without_state():
        write()
        lines = server.file.read_text().splitlines()
        server.file.write_text("\n".join(line for line in lines if not line.startswith("state =")) + "\n")

    server.write_configuration = write_without_state
    clock = server.base / "xdg" / "restante" / "clock"
    with server:
        expect_session(server, alice, 1, 1)
    written = clock.read_text()
    clock.write_text(f"restante-clock 1 {int(time.time()) + 90 * DAY_S}\n")
    alice.maildrop.store("new/1000000004.d", b"Subject: old\n\ntext\n")
    with server:
        expect_session(server, alice, 2, 2)
    if not written.startswith("restante-clock 1 "):
        raise Failure(f"{clock} held {written!r}")


TESTS = (runs_are_written_down, a_doubted_clock_stops_policies_alone, approval_is_believed_by_a_running_server,
         without_a_state_setting)
