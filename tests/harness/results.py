"""Counts what passed and failed. Every suite hands its results to one of these."""
import contextlib
import signal
import sys
import threading
import time
import traceback


class Failure(Exception):
    """A promise that was not kept; the text says which and what was seen instead."""


class OutOfTime(BaseException):
    """The time for the whole run is over. Only `Results.run` catches it; what has to be ended on the way is."""


@contextlib.contextmanager
def ended_at(over_s):
    """What runs inside is interrupted then; only the main thread can be."""
    if over_s is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number, _frame):
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, max(0.001, over_s - time.monotonic()))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Results:
    def __init__(self, verbose=False, budget_s=None):
        self.passed = 0
        self.failed = 0
        self.left_out = 0
        self.verbose = verbose
        self.over_s = time.monotonic() + budget_s if budget_s else None
        self._lock = threading.Lock()

    def add(self, name, fault=None):
        with self._lock:
            if fault is None:
                self.passed += 1
                if self.verbose:
                    print(f"pass  {name}", flush=True)
            else:
                self.failed += 1
                print(f"FAIL  {name}\n      " + str(fault).replace("\n", "\n      "), flush=True)

    def skip(self, name, why):
        """Not possible here; counts neither way."""
        with self._lock:
            print(f"skip  {name}: {why}", flush=True)

    def note(self, text):
        """What a test found out, beside that it passed."""
        with self._lock:
            print(f"note  {text}", flush=True)

    def run(self, name, function, *arguments):
        """One test: a function that returns, or raises what went wrong. None begins when the time is over, and one
        that runs then is interrupted, which is not its fault."""
        if self.over_s and time.monotonic() > self.over_s:
            with self._lock:
                self.left_out += 1
            return
        try:
            with ended_at(self.over_s):
                function(*arguments)
        except OutOfTime:
            self.skip(name, "interrupted: the time for this run was over")
        except Failure as fault:
            self.add(name, fault)
        except Exception as fault:
            at = traceback.extract_tb(fault.__traceback__)[-1]
            self.add(name, f"{type(fault).__name__}: {fault} ({at.filename.rpartition('/')[2]}, line {at.lineno})")
        else:
            self.add(name)

    def finish(self):
        if self.left_out:
            print(f"skip  {self.left_out} tests: the time for this run was over", flush=True)
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)
