"""DNS messages, written and read fast: half a million answers are compared in a minute or two.

dnspython reads a referral in a millisecond; this reader needs a tenth of that, because it keeps
names and RDATA as octets. test_wire.py lets dnspython judge it.
"""

import struct
import typing

import dns.name

QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
DO = 0x8000

A, NS, CNAME, SOA, MX, TXT, AAAA, DNAME, OPT, DS = 1, 2, 5, 6, 15, 16, 28, 39, 41, 43
RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, ANY = 46, 47, 48, 50, 51, 255
IN, CH = 1, 3

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, BADVERS = 0, 1, 2, 3, 4, 5, 6, 16

# Octets before the first name of RDATA, and how many names follow: compressed or not, in either
# case of letters, they are the same record (RFC 4034 §6.2, RFC 6840 §5.1).
_NAMES_IN_RDATA = {
    2: (0, 1), 3: (0, 1), 4: (0, 1), 5: (0, 1), 6: (0, 2), 7: (0, 1), 8: (0, 1), 9: (0, 1),
    12: (0, 1), 14: (0, 2), 15: (2, 1), 17: (0, 2), 18: (2, 1), 21: (2, 1), 33: (6, 1),
    36: (2, 1), 39: (0, 1), 46: (18, 1), 47: (0, 1),
}


class Record(typing.NamedTuple):
    owner: bytes  # Wire form, lower case, not compressed.
    type: int
    klass: int
    ttl: int
    rdata: bytes  # Names in it as in owner.

    def __str__(self):
        import dns.rdata
        try:
            text = dns.rdata.from_wire(self.klass, self.type, self.rdata, 0, len(self.rdata))
        except Exception:  # Not for us to judge here; show the octets.
            text = self.rdata.hex()
        kind = dns.rdatatype.to_text(self.type)
        return f"{name_text(self.owner)} {self.ttl} {kind} {text}"


class Edns(typing.NamedTuple):
    version: int
    payload: int
    flags: int
    options: tuple  # Of (code, octets).


class Message(typing.NamedTuple):
    id: int
    flags: int  # Without opcode and rcode.
    opcode: int
    rcode: int  # With the upper bits of the OPT record.
    question: tuple  # Of (name, type, class), the name as it came.
    answer: list
    authority: list
    additional: list  # Without OPT.
    edns: typing.Optional[Edns]

    def has(self, flag):
        return bool(self.flags & flag)


def name_wire(text):
    """The wire form of a name in text; the case of its letters stays."""
    if "\\" in text:
        return dns.name.from_text(text).to_wire()
    labels = [label.encode() for label in text.rstrip(".").split(".") if label]
    if any(len(label) > 63 for label in labels):
        raise ValueError(f"label over 63 octets in {text}")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def name_text(name):
    return dns.name.from_wire(name, 0)[0].to_text()


def query(name, rdtype, *, id=0, flags=0, klass=IN, edns=None, options=b""):
    """A query. `edns` is None or (payload, flags); `name` is text or wire form."""
    wire = name if isinstance(name, bytes) else name_wire(name)
    head = struct.pack(">HHHHHH", id, flags, 1, 0, 0, 0 if edns is None else 1)
    tail = struct.pack(">HH", rdtype, klass)
    if edns is not None:
        tail += b"\0" + struct.pack(">HHIH", OPT, edns[0], edns[1], len(options)) + options
    return head + wire + tail


def option(code, octets=b""):
    return struct.pack(">HH", code, len(octets)) + octets


def _name(wire, at, known):
    """The name at `at`, in lower case and without pointers, and the offset behind it."""
    found = known.get(at)
    if found:
        return found
    pos = at
    while True:
        length = wire[pos]
        if length == 0:
            name, end = wire[at:pos + 1].lower(), pos + 1
            break
        if length >= 0xC0:
            target = (length & 0x3F) << 8 | wire[pos + 1]
            if target >= at:  # RFC 1035 §4.1.4: "a prior occurrence".
                raise ValueError(f"pointer at {pos} to {target} is not backwards")
            name, end = wire[at:pos].lower() + _name(wire, target, known)[0], pos + 2
            break
        if length > 63:
            raise ValueError(f"label type {length:#x} at {pos}")
        pos += 1 + length
    if len(name) > 255:
        raise ValueError(f"name over 255 octets at {at}")
    known[at] = name, end
    return name, end


def _rdata(wire, at, end, shape, known):
    skip, count = shape
    parts = [wire[at:at + skip]]
    at += skip
    for _ in range(count):
        name, at = _name(wire, at, known)
        parts.append(name)
    if at > end:
        raise ValueError(f"name runs out of its RDATA at {at}")
    parts.append(wire[at:end])
    return b"".join(parts)


_FIXED = struct.Struct(">HHIH")


def _section(wire, at, count, known):
    records = []
    for _ in range(count):
        owner, at = _name(wire, at, known)
        rdtype, klass, ttl, length = _FIXED.unpack_from(wire, at)
        at += 10
        end = at + length
        if end > len(wire):
            raise ValueError("RDATA runs out of the message")
        shape = _NAMES_IN_RDATA.get(rdtype)
        rdata = _rdata(wire, at, end, shape, known) if shape and length else wire[at:end]
        records.append(Record(owner, rdtype, klass, ttl, rdata))
        at = end
    return records, at


def _options(rdata):
    found, at = [], 0
    while at < len(rdata):
        code, length = struct.unpack_from(">HH", rdata, at)
        if at + 4 + length > len(rdata):
            raise ValueError("EDNS option runs out of its OPT record")
        found.append((code, rdata[at + 4:at + 4 + length]))
        at += 4 + length
    return tuple(found)


def read(wire):
    """Reads a whole message. Raises ValueError, IndexError or struct.error on a malformed one."""
    id, flags, questions, answers, authorities, additionals = struct.unpack_from(">6H", wire)
    known, at, question = {}, 12, []
    for _ in range(questions):
        start = at
        _, at = _name(wire, at, known)
        question.append((wire[start:at], *struct.unpack_from(">HH", wire, at)))
        at += 4
    answer, at = _section(wire, at, answers, known)
    authority, at = _section(wire, at, authorities, known)
    additional, at = _section(wire, at, additionals, known)
    if at != len(wire):
        raise ValueError(f"{len(wire) - at} octets behind the message")
    opts = [record for record in additional if record.type == OPT]
    if len(opts) > 1:
        raise ValueError("two OPT records (RFC 6891 §6.1.1)")
    edns, rcode = None, flags & 0xF
    if opts:
        additional = [record for record in additional if record.type != OPT]
        _, _, payload, ttl, rdata = opts[0]
        edns = Edns(ttl >> 16 & 0xFF, payload, ttl & 0xFFFF, _options(rdata))
        rcode |= ttl >> 24 << 4
    return Message(id, flags & 0x87F0, flags >> 11 & 0xF, rcode, tuple(question), answer,
                   authority, additional, edns)
