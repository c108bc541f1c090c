"""Clients: one query, many with dnsperf, or a steady stream that keeps each answer."""

import dataclasses
import re
import select
import signal
import socket
import subprocess
import threading
import time

import dns.edns
import dns.exception
import dns.message
import dns.query
import dns.rcode

import topology

_LOST_SECONDS = 1
_QUESTION = ("www.example.org", "A")


@dataclasses.dataclass
class Answer:
    """status "TIMEOUT": no answer; "REFUSED CONNECTION" and so on: the socket's error."""
    status: str
    seconds: float
    nsid: str = ""
    message: object = None

    @property
    def site(self):
        return self.nsid.partition(".")[2] or None


@dataclasses.dataclass
class Query:
    """One query of a Prober; answered_at None: lost, if it was sent long enough ago."""
    sent_at: float
    answered_at: float | None = None
    site: str | None = None
    status: str = ""


def _read_nsid(message):
    for option in message.options:
        if option.otype == dns.edns.NSID:
            return option.data.decode()
    return ""


def _query(name, rdtype):
    return dns.message.make_query(name, rdtype, use_edns=0,
                                  options=[dns.edns.GenericOption(dns.edns.NSID, b"")])


class Client:
    """A host in a stub network behind `carrier`."""

    def __init__(self, name, namespaces, folder):
        self.name = name
        self.carrier = topology.CLIENTS[name][0]
        self._namespaces = namespaces
        self._folder = folder

    def dig(self, name="example.org", rdtype="SOA", *, tcp=False, v6=False, at=None, seconds=1):
        """Queries the service or another address once; returns the answer with its NSID."""
        at = at or (topology.SERVICE_V6 if v6 else topology.SERVICE_V4)
        query, start = _query(name, rdtype), time.monotonic()
        try:
            message = (self._ask_tcp if tcp else self._ask_udp)(query, at, seconds)
        except (dns.exception.Timeout, TimeoutError):
            return Answer("TIMEOUT", time.monotonic() - start)
        except OSError as error:
            return Answer(error.strerror or str(error), time.monotonic() - start)
        return Answer(dns.rcode.to_text(message.rcode()), time.monotonic() - start,
                      _read_nsid(message), message)

    def _socket(self, at, kind):
        family = socket.AF_INET6 if ":" in at else socket.AF_INET
        return self._namespaces.socket(self.name, family, kind)

    def _ask_udp(self, query, at, seconds):
        with self._socket(at, socket.SOCK_DGRAM) as udp:
            udp.setblocking(False)  # dnspython polls, here and below.
            return dns.query.udp(query, at, timeout=seconds, sock=udp)

    def _ask_tcp(self, query, at, seconds):
        with self._socket(at, socket.SOCK_STREAM) as tcp:
            tcp.settimeout(seconds)
            tcp.connect((at, 53))
            tcp.setblocking(False)
            return dns.query.tcp(query, at, timeout=seconds, sock=tcp)

    def load(self, seconds, queries_per_second, *, v6=False):
        """dnsperf from here, as a Load that runs until its finish()."""
        questions = self._folder / f"{self.name}.questions"
        questions.write_text("www.example.org A\nexample.org SOA\nnone.example.org AAAA\n")
        return Load(self._namespaces.command(self.name, [
            "dnsperf", "-s", topology.SERVICE_V6 if v6 else topology.SERVICE_V4, "-d", questions,
            "-l", seconds, "-Q", queries_per_second, "-t", 2]), seconds)

    def probe(self, queries_per_second=200, *, v6=False):
        """A started Prober; use it as `with client.probe() as probe:`."""
        at = topology.SERVICE_V6 if v6 else topology.SERVICE_V4
        return Prober(self._socket(at, socket.SOCK_DGRAM), at, queries_per_second)


class Load:
    """A running dnsperf."""

    def __init__(self, command, seconds):
        self._seconds = seconds
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                         stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def finish(self):
        """Waits until it exits. Returns sent, completed, lost, and a count for each rcode."""
        text, _ = self._process.communicate(timeout=self._seconds + 30)
        counts = {key.lower(): int(number) for key, number in
                  re.findall(r"Queries (sent|completed|lost):\s+(\d+)", text)}
        if "sent" not in counts:
            raise RuntimeError(f"dnsperf did not count:\n{text}")
        return {**counts, "rcodes": re.search(r"Response codes:\s*(.*)", text)[1]}

    def stop(self):
        """Ends it early; finish() tells what it has counted."""
        self._process.send_signal(signal.SIGINT)

    def end(self):
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


class Prober:
    """A thread that queries at a steady rate from one port and keeps each query's outcome."""

    def __init__(self, udp, at, queries_per_second):
        self._udp, self._to = udp, (at, 53)
        self._interval = 1 / queries_per_second
        self._wire = _query(*_QUESTION).to_wire()[2:]
        self._queries, self._waiting = [], {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.finish()

    def finish(self):
        """Waits for the last answers. All queries."""
        if self._thread.is_alive():
            self._end.set()
            self._thread.join()
            self._udp.close()
        return self._queries

    def _run(self):
        next_at = time.monotonic()
        while not self._end.is_set():
            if time.monotonic() >= next_at:
                self._send()
                next_at += self._interval
            self._receive(next_at)
        self._receive(time.monotonic() + _LOST_SECONDS, until_all_are_here=True)

    def _send(self):
        query = Query(time.monotonic())
        number = len(self._queries) & 0xFFFF
        self._queries.append(query)
        self._waiting[number] = query
        try:
            self._udp.sendto(number.to_bytes(2) + self._wire, self._to)
        except OSError as error:  # For example, no route. It counts as lost.
            query.status = error.strerror

    def _receive(self, until, until_all_are_here=False):
        while not (until_all_are_here and not self._waiting):
            wait = until - time.monotonic()
            if wait <= 0 or not select.select([self._udp], [], [], wait)[0]:
                return
            wire = self._udp.recv(65535)
            query = self._waiting.pop(int.from_bytes(wire[:2]), None)
            if query is not None:
                query.answered_at = time.monotonic()
                message = dns.message.from_wire(wire)
                query.status = dns.rcode.to_text(message.rcode())
                query.site = _read_nsid(message).partition(".")[2]

    def queries(self, since=0.0, until=float("inf")):
        return [query for query in self._queries if since <= query.sent_at < until]

    def lost(self, since=0.0, until=float("inf")):
        """Queries without an answer; call it after finish(), or for queries older than a second."""
        return [query for query in self.queries(since, until) if query.answered_at is None]

    def sites(self, since=0.0, until=float("inf")):
        """Each site that answered, with the times of its first and last answer."""
        seen = {}
        for query in self.queries(since, until):
            if query.answered_at is not None:
                first, _ = seen.get(query.site, (query.answered_at, 0))
                seen[query.site] = (first, query.answered_at)
        return seen
