"""Python's poplib, with the little that a mail program adds: it remembers what it has fetched."""
import poplib

from harness.server import PATIENCE_S
from harness.wire import tls_context

MODES = ("plain", "stls", "tls")
poplib._MAXLINE = 4096  # its default of 2048 is no property of POP3


class Client:
    def __init__(self, server, account, mode, folder):
        self.server, self.account, self.mode, self.folder = server, account, mode, folder
        self.known = set()

    def login(self):
        if self.mode == "tls":
            pop = poplib.POP3_SSL("127.0.0.1", self.server.tls_port, timeout=PATIENCE_S, context=tls_context())
        else:
            pop = poplib.POP3("127.0.0.1", self.server.plain_port, timeout=PATIENCE_S)
        if self.mode == "stls":
            pop.stls(context=tls_context())
        pop.user(self.account.name)
        pop.pass_(self.account.secret)
        return pop

    @staticmethod
    def retrieve(pop, number):
        return b"".join(line + b"\n" for line in pop.retr(number)[1])

    def keep(self):
        pop = self.login()
        fetched = []
        for line in pop.uidl()[1]:
            number, uidl = line.split(b" ")
            if uidl not in self.known:
                fetched.append(self.retrieve(pop, int(number)))
                self.known.add(uidl)
        pop.quit()
        return fetched

    def delete(self):
        pop = self.login()
        fetched = []
        for number in range(1, pop.stat()[0] + 1):
            fetched.append(self.retrieve(pop, number))
            pop.dele(number)
        pop.quit()
        return fetched
