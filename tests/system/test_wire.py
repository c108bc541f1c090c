"""The tests' own reader of messages, judged by dnspython's."""

import struct

import dns.message
import dns.rcode
import pytest
import wire

_ANSWERS = {
    "positive": """id 4711
opcode QUERY
rcode NOERROR
flags QR AA RD
edns 0
eflags DO
payload 1232
;QUESTION
www.Example.org. IN MX
;ANSWER
www.example.org. 300 IN MX 10 Mail.example.org.
www.example.org. 300 IN MX 20 mail2.EXAMPLE.org.
;AUTHORITY
example.org. 300 IN SOA ns.example.org. root.example.org. 1 2 3 4 5
;ADDITIONAL
mail.example.org. 300 IN A 192.0.2.1
mail.example.org. 300 IN AAAA 2001:db8::1
mail.example.org. 300 IN SRV 1 2 53 mail2.example.org.
""",
    "negative": """id 1
opcode QUERY
rcode NXDOMAIN
flags QR AA CD
;QUESTION
a\\.b\\000.example. IN TYPE65280
;AUTHORITY
example. 300 IN NSEC b.example. A RRSIG
""",
}


def _expected(section):
    records = []
    for rrset in section:
        for rdata in rrset:
            owner = rrset.name.to_digestable()
            records.append((owner, rrset.rdtype, rrset.rdclass, rrset.ttl, rdata.to_digestable()))
    return sorted(records)


@pytest.mark.parametrize("text", _ANSWERS.values(), ids=_ANSWERS.keys())
def test_reads_as_dnspython(text):
    message = dns.message.from_text(text)
    read = wire.read(message.to_wire())
    assert (read.id, read.rcode, read.flags) == (
        message.id, message.rcode(), message.flags & 0x87F0)
    for section in ("answer", "authority", "additional"):
        own = sorted(tuple(record) for record in getattr(read, section))
        assert own == _expected(getattr(message, section)), section
    assert (read.edns is not None) == (message.edns >= 0)


def test_joins_the_upper_bits_of_the_rcode():
    message = dns.message.make_query("example.", "A", use_edns=0)
    message.set_rcode(dns.rcode.BADVERS)
    assert wire.read(message.to_wire()).rcode == wire.BADVERS


def test_queries_are_as_dnspython_writes_them():
    written = wire.query("www.Example.", wire.MX, id=7, edns=(1232, wire.DO))
    assert dns.message.from_wire(written).to_wire() == written


_HEAD = struct.pack(">6H", 1, 0x8000, 1, 0, 0, 0)
_BROKEN = {
    "a pointer forwards": _HEAD + b"\xc0\x20" + bytes(30),
    "a pointer to itself": _HEAD + b"\xc0\x0c" + bytes(4),
    "a label type of the future": _HEAD + b"\x41a\0" + bytes(4),
    "octets behind": _HEAD + b"\0" + bytes(4) + b"!",
    "cut in the name": _HEAD + b"\x03ab",
    "cut in the header": _HEAD[:7],
    "two OPT": struct.pack(">6H", 1, 0x8000, 0, 0, 0, 2) + 2 * b"\0\0\x29\0\0\0\0\0\0\0\0",
}


@pytest.mark.parametrize("octets", _BROKEN.values(), ids=_BROKEN.keys())
def test_refuses_what_is_malformed(octets):
    with pytest.raises((ValueError, IndexError, struct.error)):
        wire.read(octets)
