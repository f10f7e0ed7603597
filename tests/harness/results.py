"""Counts what passed and failed. Every suite hands its results to one of these."""
import subprocess
import sys
import threading
import time


class Failure(Exception):
    """A promise that was not kept; the text says which and what was seen instead."""


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
        """One test: a function that returns, or raises what went wrong. None begins when the time is over."""
        if self.over_s and time.monotonic() > self.over_s:
            with self._lock:
                self.left_out += 1
            return
        try:
            function(*arguments)
        except (Failure, OSError, EOFError, ValueError, subprocess.TimeoutExpired) as fault:
            self.add(name, f"{type(fault).__name__}: {fault}")
        else:
            self.add(name)

    def finish(self):
        if self.left_out:
            print(f"skip  {self.left_out} tests: the time for this run was over", flush=True)
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)
