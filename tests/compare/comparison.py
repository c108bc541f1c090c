"""Says in what two servers' answers differ, and whether the RFCs allow it.

Two answers are equal if rcode, flags, question and OPT agree and the three sections hold the same
records (owner, type, class, TTL, RDATA) in any order. What remains must be explained, record by
record, by an entry of allowed_differences.py. None is asked about rcode, AA, opcode or question.
"""

import collections
import typing

import allowed_differences
import pytest
import servers
import wire

SECTIONS = ("answer", "authority", "additional")


class Question(typing.NamedTuple):
    name: bytes  # Wire form.
    type: int
    edns: str  # "plain" (none: at most 512 octets over UDP), "edns" (1232) or "do".
    transport: str

    def query(self):
        edns = {"plain": None, "edns": (1232, 0), "do": (1232, wire.DO)}[self.edns]
        return wire.query(self.name, self.type, edns=edns)

    def __str__(self):
        import dns.rdatatype
        kind = dns.rdatatype.to_text(self.type)
        return f"{wire.name_text(self.name)} {kind} ({self.edns}, {self.transport})"


class Verdict(typing.NamedTuple):
    faults: list  # Text; empty: the answers are equal, or differ as allowed.
    used: set  # Names of the allowed differences that this took.


def _header_faults(ours, peer):
    faults = []
    for field in ("rcode", "opcode", "question"):
        if getattr(ours, field) != getattr(peer, field):
            faults.append(f"{field} {getattr(ours, field)}, peer {getattr(peer, field)}")
    if ours.flags != peer.flags:
        faults.append(f"flags {ours.flags:#06x}, peer {peer.flags:#06x}")
    own, other = ours.edns, peer.edns
    if (own is None) != (other is None):
        faults.append(f"OPT {own}, peer {other}")
    elif own and (own.version, own.flags) != (other.version, other.flags):
        faults.append(f"OPT {own}, peer {other}")
    return faults


def compare(pair):
    """An allowed_differences.Pair in, a Verdict out."""
    faults, used = _header_faults(pair.ours, pair.peer), set()
    if faults:
        return Verdict(faults, used)
    for section in SECTIONS:
        own, other = getattr(pair.ours, section), getattr(pair.peer, section)
        if len(set(own)) != len(own):
            faults.append(f"{section}: a record twice")
        for word, records in (("lacks", set(other) - set(own)), ("adds", set(own) - set(other))):
            for record in sorted(records):
                names = [allowed.name for allowed in allowed_differences.ALL
                         if allowed.explains(pair, section, word, record)]
                if names:
                    used.add(names[0])
                else:
                    faults.append(f"{section} {word} {record}")
    return Verdict(faults, used)


class Peer:
    """A connection to ask by, and one over TCP for the whole of an answer."""

    def __init__(self, server, transport):
        self.kind = server.kind
        self._asked, self._whole = server.connect(transport), server.connect("tcp")

    def verdicts(self, questions, answers):
        """Compares our answers with this peer's."""
        queries = [question.query() for question in questions]
        peers = [wire.read(answer) for answer in self._asked.ask(queries)]
        pairs = [allowed_differences.Pair(question, ours, peer, peer)
                 for question, ours, peer in zip(questions, answers, peers)]
        return [self._verdict(pair) for pair in pairs]

    def _verdict(self, pair):
        verdict = compare(pair)
        if not verdict.faults and not verdict.used:
            return verdict
        whole = wire.read(self._whole.ask([pair.question.query()])[0])
        return compare(pair._replace(whole=whole))

    def close(self):
        self._asked.close()
        self._whole.close()


class Report:
    """Compares the answers to many questions; an answer may be equal to either peer's."""

    def __init__(self):
        self.equal = 0
        self.asked = 0
        self.uses = collections.Counter()
        self.faults = []  # Of (question, text).

    def compare_all(self, questions, subject, peers):
        """`subject` is a connection. Peers after the first see only what is not settled yet."""
        ours = [wire.read(answer) for answer in subject.ask([q.query() for q in questions])]
        self.asked += len(questions)
        unsettled = {index: {} for index in range(len(questions))}
        for peer in peers:
            left = list(unsettled)
            verdicts = peer.verdicts([questions[i] for i in left], [ours[i] for i in left])
            for index, verdict in zip(left, verdicts):
                if verdict.faults or verdict.used:
                    unsettled[index][peer.kind] = verdict
                else:
                    self.equal += 1
                    del unsettled[index]
        for index, verdicts in unsettled.items():
            self._settle(questions[index], verdicts)

    def _settle(self, question, verdicts):
        allowed = [verdict for verdict in verdicts.values() if not verdict.faults]
        if allowed:
            self.uses.update(min(allowed, key=lambda verdict: len(verdict.used)).used)
        else:
            text = "; ".join(f"beside {kind}: {', '.join(verdict.faults[:6])}"
                             for kind, verdict in verdicts.items())
            self.faults.append((question, text))

    def text(self):
        lines = [f"{self.asked} questions, {self.equal} answers equal to NSD's or Knot's"]
        for allowed in allowed_differences.ALL:
            if self.uses[allowed.name]:
                lines.append(f"{self.uses[allowed.name]:7} {allowed.name}: {allowed.reason}")
        lines.append(f"{len(self.faults):7} differ and must not")
        lines += [f"  {question}: {text}" for question, text in self.faults[:20]]
        return "\n".join(lines)


def compare_servers(questions, subject, *peers):
    """Questions of one transport, to running servers. Returns the Report."""
    transport, report = questions[0].transport, Report()
    own = subject.connect(transport)
    others = [Peer(peer, transport) for peer in peers]
    for at in range(0, len(questions), 2048):  # Answers of so many are held at once.
        report.compare_all(questions[at:at + 2048], own, others)
    for connection in (own, *others):
        connection.close()
    return report


def start_beside_peers(subject, started, zones):
    """The subject and its peers; a stand-in for the subject is no peer of itself."""
    own = started(subject, zones)
    peers = {"nsd": servers.start_nsd, "knot": servers.start_knot}
    peers.pop(own.kind, None)
    return (own, *(started(start, zones) for start in peers.values()))


def check(questions, *trio):
    report = compare_servers(questions, *trio)
    print(report.text())
    if report.faults:
        pytest.fail(report.text(), pytrace=False)
