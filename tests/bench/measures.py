"""What is measured. Each measure gives one number for one server; lower is better in all of them."""
import json
import subprocess
import time

from bench.measure import memory_kb, settled_seconds


class Sizes:
    """How much of everything: enough for steady numbers, or just enough to see that it works."""

    def __init__(self, is_quick):
        few = is_quick
        self.rounds = 1 if few else 5
        self.users = 16 if few else 1000
        self.sessions = 48 if few else 2000
        self.polls = 8 if few else 300
        self.poll_messages = 100 if few else 1000
        self.mail_messages, self.mail_octets = (20 if few else 400), 38000
        self.big_messages = 500 if few else 100000
        self.questions = 1000 if few else 50000  # about one message each
        self.idle = 16 if few else 1000
        self.crowd = 100 if few else 10000
        self.crowd_logins = 8 if few else 400


class Bench:
    def __init__(self, load, sizes):
        self.program = load
        self.sizes = sizes

    def arguments(self, server, is_tls, options, commands):
        arguments = [self.program, "--port", server.tls if is_tls else server.plain]
        if is_tls:
            arguments.append("--tls")
        for name, value in options.items():
            arguments += [f"--{name}"] if value is True else [f"--{name}", value]
        return [str(argument) for argument in arguments] + list(commands)

    def load(self, server, is_tls=False, commands=("STAT",), **options):
        done = subprocess.run(self.arguments(server, is_tls, options, commands), capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{server.label}: {done.stderr.strip() or f'status {done.returncode}'}; "
                             f"see {server.own}/log")
        return json.loads(done.stdout)

    def processor(self, server, **load):
        """Processor seconds of the server for a load, and what the load did."""
        before = settled_seconds(server.usage)
        done = self.load(server, **load)
        return settled_seconds(server.usage) - before, done

    def hold(self, server, is_tls, is_logged_in, count):
        options = {"connections": count, "parallel": 8, "hold": True}
        options.update({"users": self.sizes.users} if is_logged_in else {"no-login": True})
        holder = subprocess.Popen(self.arguments(server, is_tls, options, ("STAT",) if is_logged_in else ()),
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if holder.stdout.readline() != "holding\n":
            holder.wait()
            raise SystemExit(f"{server.label}: could not hold {count} connections; see {server.own}/log")
        return holder


def release(holder):
    holder.stdin.close()
    holder.stdout.read()
    holder.wait()
    holder.stdout.close()


class Measure:
    def __init__(self, key, title, unit, function, **more):
        self.key = key
        self.title = title
        self.unit = unit
        self.function = function
        self.more = more

    def value(self, bench, server):
        """None where this server cannot do it."""
        return self.function(bench, server, **self.more)


def throughput(bench, server):
    """Of the whole machine, the clients included."""
    done = bench.load(server, user="user", users=bench.sizes.users - bench.sizes.users % 8,
                      connections=bench.sizes.sessions, parallel=8)
    return bench.sizes.sessions / done["seconds"]


def questions(bench, server):
    """LIST with a number: a command that costs next to nothing itself."""
    rounds = bench.sizes.questions // bench.sizes.poll_messages
    spent, _ = bench.processor(server, user="poll", window=8, commands=[f"LIST 1-{bench.sizes.poll_messages}"] * rounds)
    return spent * 1e6 / (rounds * bench.sizes.poll_messages)


def sessions(bench, server, is_tls):
    count = bench.sizes.sessions
    if server.most_strangers < 1000:  # a process or two for each session: a fifth will do
        count //= 5
    spent, _ = bench.processor(server, is_tls=is_tls, user="user", users=bench.sizes.users - bench.sizes.users % 8,
                               connections=count, parallel=8)
    return spent * 1000 / count


def retrieval(bench, server, is_tls, window):
    spent, done = bench.processor(server, is_tls=is_tls, user="mail", connections=4 if window == 1 else 8,
                                  window=window, commands=[f"RETR 1-{bench.sizes.mail_messages}"])
    return spent * 1e9 / done["octets"]


def polls(bench, server):
    count = bench.sizes.polls
    spent, _ = bench.processor(server, user="poll", connections=count, commands=("LIST", "UIDL"))
    return spent * 1000 / count


def memory(bench, server, is_tls, is_logged_in):
    count = min(bench.sizes.idle, server.most_strangers)
    server.stop()  # what it keeps from before would be used again and not be seen
    server.start()
    bench.load(server, is_tls=is_tls, user="user0")
    before = memory_kb(server.usage)
    holder = bench.hold(server, is_tls, is_logged_in, count)
    settled_seconds(server.usage)
    used = memory_kb(server.usage) - before
    release(holder)
    settled_seconds(server.usage)
    return max(used, 0) / count


def big(bench, server, is_first):
    if is_first:
        server.forget()
    done = bench.load(server, user="big")
    return done["ready_ms"]


def crowd(bench, server, others):
    count = bench.sizes.crowd
    if others and server.most_strangers < count:
        return None
    holder = bench.hold(server, False, False, count) if others else None
    time.sleep(0.1)
    done = bench.load(server, user="user", users=bench.sizes.users, connections=bench.sizes.crowd_logins)
    if holder:
        release(holder)
        settled_seconds(server.usage)
    return done["ready_ms"]


MEASURES = [
    Measure("sessions-plain", "1000 sessions, plain", "CPU s", sessions, is_tls=False),
    Measure("sessions-tls", "1000 sessions, TLS with full handshake", "CPU s", sessions, is_tls=True),
    Measure("polls", "1000 polls of 1,000 messages, nothing new", "CPU s", polls),
    Measure("retr-plain", "1 GB retrieved, plain, in lock-step", "CPU s", retrieval, is_tls=False, window=1),
    Measure("retr-plain-window", "1 GB retrieved, plain, window of 8", "CPU s", retrieval, is_tls=False, window=8),
    Measure("retr-tls", "1 GB retrieved, TLS, in lock-step", "CPU s", retrieval, is_tls=True, window=1),
    Measure("retr-tls-window", "1 GB retrieved, TLS, window of 8", "CPU s", retrieval, is_tls=True, window=8),
    Measure("big-first", "first login and STAT, 100,000 messages", "ms", big, is_first=True),
    Measure("big-unchanged", "login and STAT, 100,000 messages, unchanged", "ms", big, is_first=False),
    Measure("login-alone", "one login and STAT, nobody else there", "ms", crowd, others=False),
    Measure("login-crowd", "one login and STAT, 10,000 idle connections", "ms", crowd, others=True),
    Measure("memory-plain-before", "idle connection before login, plain", "kB", memory, is_tls=False,
            is_logged_in=False),
    Measure("memory-plain-after", "idle connection after login, plain", "kB", memory, is_tls=False,
            is_logged_in=True),
    Measure("memory-tls-before", "idle connection before login, TLS", "kB", memory, is_tls=True, is_logged_in=False),
    Measure("memory-tls-after", "idle connection after login, TLS", "kB", memory, is_tls=True, is_logged_in=True),
]
# Restante with policies, beside itself without.
POLICY_MEASURES = [
    Measure("policies-throughput", "sessions a second, plain", "", throughput),
    Measure("policies-sessions", "1000 sessions, plain", "CPU s", sessions, is_tls=False),
    Measure("policies-question", "one LIST of a message", "CPU µs", questions),
    Measure("policies-big", "login and STAT, 100,000 messages, unchanged", "ms", big, is_first=False),
]
