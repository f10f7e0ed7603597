"""Python's poplib, with the little that a mail program adds: it remembers what it has fetched."""
import poplib

from harness.results import Failure
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

    @staticmethod
    def expect_features(pop):
        """What poplib knows beyond the minimum."""
        capabilities = pop.capa()
        missing = {"UIDL", "TOP", "USER", "SASL", "PIPELINING", "RESP-CODES"} - capabilities.keys()
        if missing:
            raise Failure(f"CAPA lacks {missing}")
        headers = pop.top(1, 0)[1]
        if headers[-1] != b"" or headers != pop.retr(1)[1][:len(headers)]:
            raise Failure(f"TOP 1 0 gave {headers!r}")
        for command in (pop.uidl, pop.list):
            if command(1).split()[2] != command()[1][0].split()[1]:
                raise Failure("UIDL or LIST of one message differs from that of all")
        if int(pop.list(1).split()[2]) != pop.retr(1)[2]:
            raise Failure("LIST and RETR differ")
        try:
            pop.utf8()
        except poplib.error_proto:
            return
        raise Failure("UTF8 was accepted")

    def keep(self):
        pop = self.login()
        self.expect_features(pop)
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
