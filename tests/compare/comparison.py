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
    do: bool
    transport: str

    def query(self):
        return wire.query(self.name, self.type, edns=(1232, wire.DO if self.do else 0))

    def __str__(self):
        import dns.rdatatype
        flag = " +dnssec" if self.do else ""
        kind = dns.rdatatype.to_text(self.type)
        return f"{wire.name_text(self.name)} {kind}{flag} ({self.transport})"


class Verdict(typing.NamedTuple):
    faults: list  # Text; empty: the answers are equal, or differ as allowed.
    used: set  # Names of the allowed differences that this took.


def _header_faults(ours, peer):
    faults = []
    for field in ("rcode", "opcode", "question"):
        if getattr(ours, field) != getattr(peer, field):
            faults.append(f"{field} {getattr(ours, field)}, peer {getattr(peer, field)}")
    if (ours.flags ^ peer.flags) & ~wire.TC:
        faults.append(f"flags {ours.flags:#06x}, peer {peer.flags:#06x}")
    own, other = ours.edns, peer.edns
    if (own is None) != (other is None):
        faults.append(f"OPT {own}, peer {other}")
    elif own and (own.version, own.flags) != (other.version, other.flags):
        faults.append(f"OPT {own}, peer {other}")
    return faults


def compare(question, ours, peer):
    """Two read messages in, a Verdict out."""
    faults, used = _header_faults(ours, peer), set()
    if faults:
        return Verdict(faults, used)
    if ours.has(wire.TC) != peer.has(wire.TC):
        names = [allowed.name for allowed in allowed_differences.TRUNCATIONS
                 if allowed.explains(question, ours, peer)]
        if not names:
            return Verdict([f"TC {ours.has(wire.TC)}, peer {peer.has(wire.TC)}"], used)
        used.add(names[0])
    for section in SECTIONS:
        own, other = getattr(ours, section), getattr(peer, section)
        if len(set(own)) != len(own):
            faults.append(f"{section}: a record twice")
        for word, records in (("lacks", set(other) - set(own)), ("adds", set(own) - set(other))):
            for record in sorted(records):
                names = [allowed.name for allowed in allowed_differences.RECORDS
                         if allowed.explains(question, ours, peer, section, word, record)]
                if names:
                    used.add(names[0])
                else:
                    faults.append(f"{section} {word} {record}")
    return Verdict(faults, used)


class Report:
    """Compares the answers to many questions; an answer may be equal to either peer's."""

    def __init__(self):
        self.equal = 0
        self.asked = 0
        self.uses = collections.Counter()
        self.faults = []  # Of (question, text).

    def compare_all(self, questions, subject, peers):
        """All are connections. Peers after the first see only what is not settled yet."""
        ours = [wire.read(answer) for answer in subject.ask([q.query() for q in questions])]
        self.asked += len(questions)
        open_questions = {index: {} for index in range(len(questions))}
        for kind, peer in peers:
            left = list(open_questions)
            answers = peer.ask([questions[index].query() for index in left])
            for index, answer in zip(left, answers):
                verdict = compare(questions[index], ours[index], wire.read(answer))
                if not verdict.faults and not verdict.used:
                    self.equal += 1
                    del open_questions[index]
                else:
                    open_questions[index][kind] = verdict
        for index, verdicts in open_questions.items():
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
        for allowed in (*allowed_differences.TRUNCATIONS, *allowed_differences.RECORDS):
            if self.uses[allowed.name]:
                lines.append(f"{self.uses[allowed.name]:7} {allowed.name}: {allowed.reason}")
        lines.append(f"{len(self.faults):7} differ and must not")
        lines += [f"  {question}: {text}" for question, text in self.faults[:20]]
        return "\n".join(lines)


def compare_servers(questions, subject, *peers):
    """Questions of one transport, to running servers. Returns the Report."""
    transport, report = questions[0].transport, Report()
    own = subject.connect(transport)
    others = [(peer.kind, peer.connect(transport)) for peer in peers]
    for at in range(0, len(questions), 2048):  # Answers of so many are held at once.
        report.compare_all(questions[at:at + 2048], own, others)
    for connection in (own, *(connection for _, connection in others)):
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
