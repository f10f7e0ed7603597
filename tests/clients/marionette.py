"""Drives a Mozilla program from outside: its Marionette protocol over a loopback socket."""
import json
import socket
import time

from harness.results import Failure
from harness.server import PATIENCE_S

START_S = 120  # a first start with an empty profile, on a busy machine


class Marionette:
    def __init__(self, port, is_alive):
        self.unread = b""
        self.number = 0
        self.socket = self.connect(port, is_alive)
        self.receive()  # who it is

    @staticmethod
    def connect(port, is_alive):
        limit = time.monotonic() + START_S
        while time.monotonic() < limit and is_alive():
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=4 * PATIENCE_S)
            except ConnectionRefusedError:
                time.sleep(0.2)
        raise Failure("the program did not open its Marionette port")

    def receive(self):
        """One message: its length, a colon, JSON."""
        while b":" not in self.unread:
            self.more()
        length, _, self.unread = self.unread.partition(b":")
        while len(self.unread) < int(length):
            self.more()
        text, self.unread = self.unread[:int(length)], self.unread[int(length):]
        return json.loads(text)

    def more(self):
        octets = self.socket.recv(65536)
        if not octets:
            raise EOFError("the program closed its Marionette connection")
        self.unread += octets

    def command(self, name, **parameters):
        self.number += 1
        text = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, number, error, result = self.receive()
        if error or number != self.number:
            raise Failure(f"{name}: {error}")
        return result

    def run(self, script, *arguments):
        """Run JavaScript with the program's own rights; what it hands to its last argument comes back."""
        return self.command("WebDriver:ExecuteAsyncScript", script=script, args=list(arguments), newSandbox=True,
                            scriptTimeout=4 * PATIENCE_S * 1000)["value"]

    def close(self):
        self.socket.close()
