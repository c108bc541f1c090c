"""A client: queries each anycast address five times a second and records which site answers."""

import collections
import os
import selectors
import socket
import threading
import time

import question
import router

_EVERY_SECONDS = 0.2
_LOST_SECONDS = 1.0
_LOSSES_UNTIL_NOBODY = 3
_MOVES_MAX = 16


class _Address:
    """The record of one address. Losses: no answer, or a useless one (SERVFAIL)."""

    def __init__(self, address):
        self.address = address
        self.site = self.node = self.nsid = self.serial = self.rtt_us = self.at = None
        self.moves = collections.deque(maxlen=_MOVES_MAX)  # Who answers, since when; the last.
        self.asked = self.lost = 0
        self._losses = 0

    def answered(self, answer, rtt):
        node, _, site = answer.nsid.partition(".")
        if self.at is None:  # Queries from before the fleet was there are nobody's losses.
            self.asked, self.lost = 1, 0
        self.at = time.time()
        if site != self.site:
            self.moves.append({"site": site, "at": self.at})
        self.site, self.node, self.nsid = site or None, node or None, answer.nsid
        self.serial, self.rtt_us = answer.serial, round(rtt * 1e6)
        self._losses = 0

    def missed(self):
        self.lost += 1
        self._losses += 1
        if self._losses >= _LOSSES_UNTIL_NOBODY:
            self.site = self.node = self.nsid = self.serial = self.rtt_us = None

    def told(self):
        told = {key: value for key, value in vars(self).items() if not key.startswith("_")}
        return {**told, "moves": list(self.moves)}


class Client:
    """Threads: only _run() changes the counts; ask() reads them under the lock."""

    faults_known = ()

    def __init__(self, folder, told):
        self._told = told
        self._bird = router.Bird(folder, told["links"])
        self._addresses = [_Address(address) for address in told["ask"]]
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._waiting = {}  # Socket: (address, number, when sent)

    def start(self):
        self._bird.start()
        threading.Thread(target=self._run, name="asker", daemon=True).start()

    def end(self):
        self._bird.end()

    def is_well(self):
        return self._bird.is_well()

    def sessions(self):
        return self._bird.sessions()

    def ask(self):
        with self._lock:
            return {"client": self._told["name"], "as": self._told["as"],
                    "answers": [one.told() for one in self._addresses]}

    # --- The asker ---

    def _run(self):
        next_at = time.monotonic()
        while True:
            for one in self._addresses:
                self._send(one)
            next_at = max(next_at + _EVERY_SECONDS, time.monotonic())
            while (left := next_at - time.monotonic()) > 0:
                for key, _ in self._selector.select(left):
                    self._receive(key.fileobj)
            self._drop_late()

    def _send(self, one):
        # A port for each query: two nodes of a site share the load by port, too.
        family = socket.AF_INET6 if ":" in one.address else socket.AF_INET
        asker = socket.socket(family, socket.SOCK_DGRAM)
        asker.setblocking(False)
        number = int.from_bytes(os.urandom(2), "big")
        self._waiting[asker] = (one, number, time.monotonic())
        self._selector.register(asker, selectors.EVENT_READ)
        with self._lock:
            one.asked += 1
        try:
            asker.connect((one.address, 53))
            asker.send(question.make(number, self._told["question"]))
        except OSError:  # No route: lost after a second, as if it had been sent.
            pass

    def _receive(self, asker):
        one, number, asked_at = self._waiting[asker]
        try:
            data = asker.recv(4096)
        except OSError:  # ICMP; an answer may still come from elsewhere, but that is unlikely.
            data = b""
        answer = question.read(data, number)
        with self._lock:
            if answer is not None:
                one.answered(answer, time.monotonic() - asked_at)
            else:
                one.missed()
        self._forget(asker)

    def _drop_late(self):
        now = time.monotonic()
        for asker, (one, _, asked_at) in list(self._waiting.items()):
            if now - asked_at > _LOST_SECONDS:
                with self._lock:
                    one.missed()
                self._forget(asker)

    def _forget(self, asker):
        del self._waiting[asker]
        self._selector.unregister(asker)
        asker.close()
