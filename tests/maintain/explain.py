"""restante policy explain: what becomes of each message, when, by whom and why; nothing is changed."""
import re
import time

from commands.administrator import EXIT_USAGE, expect
from harness.results import Failure
from harness.wire import Wire
from maintain.boxes import snapshot
from maintain.expire import EXIT_FAILURE, EXIT_IN_USE, configure, store, user

DAY_S = 86400
COLUMNS = ["NO", "UIDL", "OCTETS", "AGE", "IS", "BECOMES", "WHEN", "BY", "WHY", "ONCE FETCHED"]

# What becomes of a message is in its subject; the times are full minutes.
POLICY = """
local p = { api = 1, name = "subjects" }
local later, hide, gone = %d, %d, %d
function p.open(session, maildrop)
  local answers, now = {}, session.now
  for number, message in pairs(maildrop.messages) do
    local subject = message:header("Subject")
    if subject == "now" or subject == "later" and now >= later or subject == "hide" and now >= gone then
      answers[number] = restante.expire("says " .. subject)
    elseif subject == "hide" and now >= hide then
      answers[number] = restante.hide("not for long")
    elseif subject == "held" then
      answers[number] = restante.hold("an audit")
    elseif subject == "seen" and message.first_retrieved and now >= message.first_retrieved + 5 * 86400 then
      answers[number] = restante.expire("seen")
    end
  end
  session.store.asked = (session.store.asked or 0) + 1
  return answers
end
function p.quit(session, maildrop)
  local answers = {}
  for number, message in pairs(maildrop.messages) do
    if message:header("Subject") == "fetch" and message.retrieved then answers[number] = restante.expire("fetched") end
  end
  return answers
end
function p.dele(session, message)
  return restante.set_aside(later, "in the bin")
end
return p
"""


def minute(days):
    return (int(time.time()) // 60 + days * 1440) * 60


def shown(when):
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(when))


def rows(server, *arguments):
    """Each row as a table from column to cell; columns are cut where the title stands."""
    done = server.command("policy", "explain", *arguments, "alice")
    expect(done, 0)
    lines = done.stdout.splitlines()
    found = []
    if re.split(r"  +", lines[0].strip()) != COLUMNS:
        raise Failure(f"other columns: {lines[0]!r}")
    for line in lines[1:]:
        cells = re.split(r"  +", line.strip())
        if len(cells) != len(COLUMNS):
            raise Failure(f"{line!r} has {len(cells)} cells")
        found.append(dict(zip(COLUMNS, cells)))
    return found, done


def expect_rows(found, *expected):
    """Each expected row: number, IS, BECOMES, WHEN (None: not looked at), BY's policy, WHY, ONCE FETCHED."""
    seen = [(int(row["NO"]), row["IS"], row["BECOMES"], row["WHEN"], row["BY"].split(",")[0], row["WHY"],
             row["ONCE FETCHED"]) for row in found]
    if len(seen) != len(expected) or any(want != is_one for one, other in zip(seen, expected)
                                         for is_one, want in zip(one, other) if want is not None):
        raise Failure("expected\n" + "\n".join(map(str, expected)) + "\nbut got\n" + "\n".join(map(str, seen)))


def box(server, *subjects, lines=()):
    later, hide, gone = minute(10), minute(3), minute(400)
    configure(server, POLICY % (later, hide, gone), *lines)
    alice = server.user("alice")
    for number, subject in enumerate(subjects):
        store(server, alice, number, subject)
    return alice, later, hide, gone


def times_policies_and_reasons(server):
    """To the minute; with the server stopped and before there is any state; and nothing is made."""
    _, later, hide, gone = box(server, "small", "later", "hide", "held", "now", "fetch", "seen")
    server.prepare()
    before = snapshot(server.base)
    found, _ = rows(server)
    if snapshot(server.base) != before:
        raise Failure("something was made or changed")
    expect_rows(found,
                (1, "shown", "kept", "-", "-", "-", "-"),
                (2, "shown", "removed", shown(later), "subjects", "says later", "-"),
                (3, "shown", "hidden", shown(hide), "subjects", "not for long", "-"),
                (3, "shown", "removed", shown(gone), "subjects", "says hide", "-"),
                (4, "held", "kept", "-", "subjects", "an audit", "-"),
                (5, "going", "removed", None, "subjects", "says now", "-"),
                (6, "shown", "kept", "-", "-", "-", "removed with QUIT"),
                (7, "shown", "kept", "-", "-", "-", None))
    if not re.fullmatch(r"subjects, open, line \d+", found[1]["BY"]):
        raise Failure(f"{found[1]['BY']!r} does not name hook and line")
    in_days = time.mktime(time.strptime(found[7]["ONCE FETCHED"], "%Y-%m-%d %H:%M")) - time.time()
    if not 5 * DAY_S - 120 < in_days < 5 * DAY_S + 120:
        raise Failure(f"seen goes in {in_days / DAY_S} days, not five")


def beside_a_running_server(server):
    alice, later, _, _ = box(server, "small", "later")
    with server:
        wire = Wire(server, "plain")
        wire.login(alice)
        expect(server.command("policy", "explain", "alice"), EXIT_IN_USE, "in use")
        wire.ok("DELE 1")
        wire.ok("QUIT")
        before = snapshot(alice.home, server.state_of(alice))
        found, _ = rows(server)
        if snapshot(alice.home, server.state_of(alice)) != before:
            raise Failure("something was changed")
    expect_rows(found,
                (1, "set aside", "removed", shown(later), "set aside", None, "-"),
                (2, "shown", "removed", shown(later), "subjects", "says later", "-"))
    if "in the bin" not in found[0]["WHY"]:
        raise Failure(f"{found[0]['WHY']!r} does not say why it was set aside")


def at_a_time_to_come(server):
    _, _, _, gone = box(server, "later", "hide")
    server.prepare()
    found, _ = rows(server, "--at", "20d")
    expect_rows(found,
                (1, "going", "removed", None, "subjects", "says later", "-"),
                (2, "hidden", "removed", shown(gone), "subjects", "says hide", "-"))
    expect(server.command("policy", "explain", "--at", "2020-01-01", "alice"), EXIT_USAGE, "--at is for times to come")


def the_brake_is_told(server):
    box(server, *["now"] * 5, lines=["brake = { percent = 10, messages = 2 }"])
    server.prepare()
    found, done = rows(server)
    expect_rows(found, *[(number, "shown", "stopped", "-", "subjects", "says now", "-") for number in range(1, 6)])
    expect(done, 0, "the brake: rules would remove 5 of 5 messages at once", "restante expire --user alice --force")


def retention_by_age(server):
    """The shipped policy; users' settings; ages that the driver knows."""
    server.conf_lines += ['policy = { { script = "retention", keep = "30d", max_messages = 3, after_download = "7d",',
                          '  overrides = { { users = { "bob" }, keep = "never", after_download = 0 } } } }']
    user(server, "alice", 4)
    user(server, "bob", 1)
    server.prepare()
    expect(server.command("expire", "--all"), 0)  # an mbox is seen first
    found, _ = rows(server)
    if len(found) != 3:
        raise Failure(f"{len(found)} rows, and max_messages is 3")
    for row in found:
        days = (time.mktime(time.strptime(row["WHEN"], "%Y-%m-%d %H:%M")) - time.time()) / DAY_S
        if not 29.9 < days < 30.1 or row["WHY"] != "keep = 30d" or not row["BY"].startswith("retention, open, line "):
            raise Failure(f"{days}: {row}")
        fetched = (time.mktime(time.strptime(row["ONCE FETCHED"], "%Y-%m-%d %H:%M")) - time.time()) / DAY_S
        if not 6.9 < fetched < 7.1:
            raise Failure(f"once fetched: {fetched} days: {row}")
    expect(server.command("policy", "explain", "bob"), 0, "removed with QUIT", "kept")


def a_policy_that_lets_nobody_in(server):
    configure(server, "local p = { api = 1, name = 'closed' }\n"
              "function p.open() return restante.refuse('closed for today') end\nreturn p\n")
    user(server, "alice", 1)
    server.prepare()
    expect(server.command("policy", "explain", "alice"), EXIT_FAILURE, "the policy closed lets nobody open the maildrop")


def without_messages_policies_or_users(server):
    user(server, "alice", 0)
    user(server, "bob", 2)
    server.prepare()
    expect(server.command("policy", "explain", "alice"), 0, "alice: no messages")
    expect(server.command("policy", "explain", "bob"), 0, "kept")
    expect(server.command("policy", "explain", "mallory"), EXIT_FAILURE, "mallory")
    expect(server.command("policy", "explain"), EXIT_USAGE, "policy explain takes the name of one user")
    expect(server.command("policy", "explain", "--all"), EXIT_USAGE, "explain has no option --all")


def many_messages_of_many_ages(server):
    """Every one has a minute of its own."""
    first = minute(1)
    configure(server, "local p = { api = 1, name = 'staggered' }\n"
              "function p.open(session, maildrop)\n  local answers = {}\n"
              "  for number in pairs(maildrop.messages) do\n"
              f"    if session.now >= {first} + number * 7260 then answers[number] = restante.expire('its turn') end\n"
              "  end\n  return answers\nend\nreturn p\n")
    user(server, "alice", 60)
    server.prepare()
    found, _ = rows(server)
    for number, row in enumerate(found, 1):
        if (row["WHEN"], row["WHY"]) != (shown(first + number * 7260), "its turn"):
            raise Failure(f"{row} is not for {shown(first + number * 7260)}")
    if len(found) != 60:
        raise Failure(f"{len(found)} rows")


TESTS = (
    times_policies_and_reasons,
    beside_a_running_server,
    at_a_time_to_come,
    the_brake_is_told,
    retention_by_age,
    a_policy_that_lets_nobody_in,
    without_messages_policies_or_users,
    many_messages_of_many_ages,
)
