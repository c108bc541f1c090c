"""Asks a server many questions at once, over UDP or one pipelined TCP connection."""

import select
import socket
import struct
import time

# 64 answers of 1232 octets stay below the kernel's default receive buffer (212,992 octets, of
# which each takes about 2,300), so that a lost answer is the server's doing.
_WINDOW = 64
# Over TCP nothing is lost; 512 questions (some 30 kB) still fit into a socket's send buffer, so
# that we read before both sides wait for each other.
_TCP_WINDOW = 512
_TRIES_MAX = 5
_TRY_SECONDS = 1.0


class NoAnswer(Exception):
    pass


def _with_id(query, id):
    return struct.pack(">H", id) + query[2:]


class Udp:
    def __init__(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.connect((address, port))
        self._socket.setblocking(False)
        self._id = 0
        self.repeated = 0  # Queries that had to be sent again.

    def close(self):
        self._socket.close()

    def _window(self, queries):
        answers = [None] * len(queries)
        first = self._id
        self._id = (self._id + len(queries)) & 0xFFFF
        missing = set(range(len(queries)))
        for attempt in range(_TRIES_MAX):
            self.repeated += len(missing) if attempt else 0
            for index in missing:
                self._socket.send(_with_id(queries[index], (first + index) & 0xFFFF))
            deadline = time.monotonic() + _TRY_SECONDS
            while missing and time.monotonic() < deadline:
                try:
                    wire = self._socket.recv(65535)
                except BlockingIOError:
                    select.select([self._socket], [], [], max(0, deadline - time.monotonic()))
                    continue
                index = ((wire[0] << 8 | wire[1]) - first) & 0xFFFF
                if index in missing:
                    answers[index] = wire
                    missing.discard(index)
            if not missing:
                return answers
        raise NoAnswer(f"{len(missing)} of {len(queries)} questions unanswered after "
                       f"{_TRIES_MAX} tries over UDP, one of them {queries[missing.pop()].hex()}")

    def ask(self, queries):
        """The answers' octets, in the questions' order."""
        answers = []
        for at in range(0, len(queries), _WINDOW):
            answers += self._window(queries[at:at + _WINDOW])
        return answers


class Tcp:
    """RFC 7766 §6.2.1.1: many questions at once; answers may come in any order."""

    def __init__(self, address, port, timeout=10):
        self._socket = socket.create_connection((address, port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def close(self):
        self._socket.close()

    def send(self, octets):
        self._socket.sendall(octets)

    def receive(self):
        """One message; None at the end of the connection."""
        while True:
            if len(self._rest) >= 2:
                end = 2 + (self._rest[0] << 8 | self._rest[1])
                if len(self._rest) >= end:
                    wire, self._rest = self._rest[2:end], self._rest[end:]
                    return wire
            more = self._socket.recv(65536)
            if not more:
                return None
            self._rest += more
            # Servers that write small answers wait for it (Nagle): 40 ms each time otherwise.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def ask(self, queries):
        answers = [None] * len(queries)
        for at in range(0, len(queries), _TCP_WINDOW):
            window = queries[at:at + _TCP_WINDOW]
            self.send(b"".join(
                struct.pack(">H", len(query)) + _with_id(query, index)
                for index, query in enumerate(window)))
            for _ in window:
                wire = self.receive()
                if wire is None:
                    raise NoAnswer("the server closed a TCP connection with questions in flight")
                answers[at + (wire[0] << 8 | wire[1])] = wire
        if None in answers:
            raise NoAnswer("two answers to one question over TCP, and none to another")
        return answers


def exchange(address, port, octets, seconds=2.0, tries=2):
    """One datagram and its answer, or None. For packets that may deserve silence: tries=1."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.settimeout(seconds)
        udp.connect((address, port))
        for _ in range(tries):
            udp.send(octets)
            try:
                return udp.recv(65535)
            except socket.timeout:
                continue
    return None
