"""RFC 8906: every kind of query gets the right answer, and silence is only for what deserves it."""

import socket
import struct

import asker
import pytest
import wire

_ZONE = """\
$ORIGIN example.
$TTL 300
@      SOA ns1 root 2026112301 7200 900 1209600 600
@      NS  ns1
ns1    A   192.0.2.1
ns1    AAAA 2001:db8::1
www    A   192.0.2.2
medium TXT {medium}
large  TXT {large}
huge   TXT {huge}
"""


def _strings(count, octets=200):
    return " ".join(f'"{index:03}{"x" * (octets - 3)}"' for index in range(count))


@pytest.fixture(scope="module")
def server(subject, started, make_folder):
    path = make_folder("zone") / "example.zone"
    path.write_text(_ZONE.format(medium=_strings(3), large=_strings(10), huge=_strings(150)))
    return started(subject, {"example.": path})


def _exchange(server, octets):
    """The answer to one datagram, or None. No waiting: a good query behind it ends the silence."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        udp.connect((server.address, server.port))
        udp.send(octets)
        udp.send(wire.query("example.", wire.SOA, id=0xFFFF))
        first = udp.recv(65535)
        return None if first[:2] == b"\xff\xff" else first


def _header(id=1, flags=0, questions=1, answers=0, authorities=0, additionals=0):
    return struct.pack(">6H", id, flags, questions, answers, authorities, additionals)


_QUESTION = wire.name_wire("example.") + struct.pack(">HH", wire.SOA, wire.IN)
_OPT = b"\0" + struct.pack(">HHIH", wire.OPT, 1232, 0, 0)


def _opt(version=0, flags=0, options=b""):
    return b"\0" + struct.pack(">HHBBHH", wire.OPT, 1232, 0, version, flags, len(options)) + options


def _soa(flags=0, opt=b"", rdtype=wire.SOA, name="example."):
    question = wire.name_wire(name) + struct.pack(">HH", rdtype, wire.IN)
    return _header(flags=flags, additionals=1 if opt else 0) + question + opt


# name: query, rcode, flags beside QR, EDNS: version and flags, or None
_RFC8906 = {
    "8.1.1 plain": (_soa(), wire.NOERROR, wire.AA, None),
    "8.1.2 unknown type": (_soa(rdtype=1000), wire.NOERROR, wire.AA, None),
    "8.1.3.1 CD": (_soa(wire.CD), wire.NOERROR, wire.AA, None),
    "8.1.3.1 AD": (_soa(wire.AD), wire.NOERROR, wire.AA, None),
    "8.1.3.2 Z": (_soa(wire.Z), wire.NOERROR, wire.AA, None),
    "8.1.3.3 RD": (_soa(wire.RD), wire.NOERROR, wire.AA | wire.RD, None),
    "8.1.4 opcode 15": (_header(flags=15 << 11, questions=0), wire.NOTIMP, 0, None),
    "8.2.1 EDNS": (_soa(opt=_opt()), wire.NOERROR, wire.AA, (0, 0)),
    "8.2.2 EDNS 1": (_soa(opt=_opt(1)), wire.BADVERS, 0, (0, 0)),
    "8.2.3 option 100": (_soa(opt=_opt(options=wire.option(100))), wire.NOERROR, wire.AA, (0, 0)),
    "8.2.4 EDNS Z": (_soa(opt=_opt(flags=0x40)), wire.NOERROR, wire.AA, (0, 0)),
    "8.2.5 EDNS 1, Z": (_soa(opt=_opt(1, 0x40)), wire.BADVERS, 0, (0, 0)),
    "8.2.6 EDNS 1, option 100": (_soa(opt=_opt(1, options=wire.option(100))), wire.BADVERS, 0,
                                 (0, 0)),
    "8.2.7 DO": (_soa(opt=_opt(flags=wire.DO)), wire.NOERROR, wire.AA, (0, wire.DO)),
    "8.2.8 EDNS 1, DO": (_soa(opt=_opt(1, wire.DO)), wire.BADVERS, 0, (0, wire.DO)),
    "8.2.9 options 3, 8, 10": (
        _soa(opt=_opt(options=wire.option(3) + wire.option(8, bytes([0, 1, 0, 0]))
                      + wire.option(10, bytes(8)))), wire.NOERROR, wire.AA, (0, 0)),
    "options 5, 6, 7 (RFC 6975)": (
        _soa(opt=_opt(options=b"".join(wire.option(code, b"\x08\x0d") for code in (5, 6, 7)))),
        wire.NOERROR, wire.AA, (0, 0)),
}


@pytest.mark.parametrize("case", _RFC8906)
def test_rfc8906(server, case):
    octets, rcode, flags, edns = _RFC8906[case]
    answer = wire.read(_exchange(server, octets))
    # CD among them: an authoritative server clears it (RFC 4035 §3.1.6).
    assert (answer.rcode, answer.flags) == (rcode, wire.QR | flags)
    assert (answer.edns and (answer.edns.version, answer.edns.flags)) == edns
    assert not answer.edns or not {code for code, _ in answer.edns.options} & {5, 6, 7, 100}
    if rcode == wire.BADVERS:
        assert not answer.answer + answer.authority


@pytest.mark.parametrize("opcode, rcodes", [
    (1, {wire.NOTIMP}), (2, {wire.NOTIMP}), (3, {wire.NOTIMP}), (6, {wire.NOTIMP}),
    (4, {wire.NOTIMP, wire.REFUSED, 9}),  # NOTIFY: nobody is our primary.
    (5, {wire.NOTIMP, wire.REFUSED}),     # UPDATE, RFC 2136 §3.1.2.
    *((opcode, {wire.NOTIMP}) for opcode in range(7, 16)),
])
def test_every_opcode_is_answered(server, opcode, rcodes):
    answer = wire.read(_exchange(server, _soa(opcode << 11)))
    assert answer.rcode in rcodes
    assert answer.opcode == opcode and answer.id == 1 and answer.has(wire.QR)


_FORMERR = {
    "no question": _header(questions=0),
    "two questions (RFC 9619)": _header(questions=2) + _QUESTION * 2,
    "a question that is not there": _header(questions=1),
    "a question cut short": _header() + _QUESTION[:-3],
    "a label that runs out": _header() + b"\x3fab",
    "a pointer for a name": _header() + b"\xc0\x0c" + _QUESTION[-4:],
    "a label type of the future": _header() + b"\x41a\0" + _QUESTION[-4:],
    "a name over 255 octets": _header() + (b"\x3f" + b"a" * 63) * 4 + _QUESTION,
    "two OPT (RFC 6891 6.1.1)": _header(additionals=2) + _QUESTION + _OPT * 2,
    "an OPT not at the root": _header(additionals=1) + _QUESTION + b"\1a" + _OPT,
    "an option that runs out": _header(additionals=1) + _QUESTION + _opt(options=b"\0\x03\0\x09ab"),
    "an OPT that is not there": _header(additionals=1) + _QUESTION,
}


@pytest.mark.parametrize("case", _FORMERR)
def test_malformed_queries_are_formerr(server, case):
    answer = _exchange(server, _FORMERR[case])
    assert answer is not None
    assert answer[3] & 0xF == wire.FORMERR and answer[:2] == b"\0\1" and answer[2] & 0x80


_SILENCE = {
    "nothing": b"",
    "one octet": b"\0",
    "eleven octets": _header()[:11],
    "an answer": _soa(wire.QR),
    "an answer with an error": _soa(wire.QR | wire.FORMERR),
    "an answer of opcode 15": _soa(wire.QR | 15 << 11),
}


@pytest.mark.parametrize("case", _SILENCE)
def test_silence(server, case):
    """No header to answer; or an answer itself, so that two servers never talk to each other."""
    assert _exchange(server, _SILENCE[case]) is None


@pytest.mark.parametrize("name, rdtype, klass, rcode", [
    ("example.net.", wire.A, wire.IN, wire.REFUSED),
    (".", wire.NS, wire.IN, wire.REFUSED),
    ("www.example.", wire.A, 4, wire.REFUSED),  # HS
    ("www.example.", wire.A, 65280, wire.REFUSED),
    ("nobody.example.", wire.A, wire.IN, wire.NXDOMAIN),
    ("www.example.", 65280, wire.IN, wire.NOERROR),
    ("www.example.", 128, wire.IN, wire.FORMERR),  # NXNAME, RFC 9824 §3.5.
])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_rcode(server, transport, name, rdtype, klass, rcode):
    answer = server.ask(name, rdtype, transport, klass=klass)
    assert answer.rcode == rcode
    assert answer.has(wire.AA) == (rcode in (wire.NOERROR, wire.NXDOMAIN))
    assert not answer.answer


@pytest.mark.parametrize("rdtype", [252, 251])
def test_no_transfer_over_udp(server, rdtype):
    answer = server.ask("example.", rdtype)
    assert answer.rcode in (wire.REFUSED, wire.FORMERR, wire.NOTIMP) and not answer.answer


def test_case_of_the_question_is_kept(server):
    name = wire.name_wire("wWw.ExAmPlE.")
    for transport in ("udp", "tcp"):
        answer = server.ask(name, wire.A, transport)
        assert answer.question[0][0] == name
        assert [r.owner for r in answer.answer] == [name.lower()]


@pytest.mark.parametrize("payload, most", [
    (None, 512),   # RFC 1035 §4.2.1
    (0, 512),      # RFC 6891 §6.2.5: treated as 512.
    (512, 512),
    (900, 900),
    (1232, 1232),
    (4096, 1232),  # RFC 9715
    (65535, 1232),
])
@pytest.mark.parametrize("name", ["medium", "large", "huge"])
def test_answers_over_udp_keep_to_the_size(server, name, payload, most):
    edns = None if payload is None else (payload, 0)
    octets = wire.query(f"{name}.example.", wire.TXT, edns=edns)
    answer = asker.exchange(server.address, server.port, octets)
    assert len(answer) <= most
    read = wire.read(answer)
    full = server.ask(f"{name}.example.", wire.TXT, "tcp", edns=edns)
    assert not full.has(wire.TC) and len(full.answer) == 1
    if read.has(wire.TC):
        assert not read.answer  # RFC 2181 §9: no part of an RRset.
    else:
        assert read.answer == full.answer
    assert read.has(wire.TC) == (name != "medium" or most <= 600)


def test_tcp_answers_while_more_is_asked(server):
    names = [f"{label}.example." for label in ("www", "huge", "none", "medium")] * 100
    tcp = server.connect("tcp")
    answers = tcp.ask([wire.query(name, wire.TXT) for name in names])
    tcp.close()
    assert [wire.name_text(wire.read(a).question[0][0]) for a in answers] == names


def test_tcp_takes_a_query_octet_by_octet(server):
    tcp = server.connect("tcp")
    query = _soa()
    for octet in struct.pack(">H", len(query)) + query:
        tcp.send(bytes([octet]))
    assert wire.read(tcp.receive()).has(wire.AA)
    tcp.close()


def test_tcp_answers_after_the_client_has_finished(server):
    """RFC 7766 §6.2.4 asks for graceful closes; half-closed clients still want their answers."""
    query = _soa()
    with socket.create_connection((server.address, server.port), timeout=5) as tcp:
        tcp.sendall((struct.pack(">H", len(query)) + query) * 20)
        tcp.shutdown(socket.SHUT_WR)
        received = b""
        while more := tcp.recv(65536):
            received += more
    first = 2 + int.from_bytes(received[:2], "big")
    assert len(received) == 20 * first


def test_tcp_survives_a_client_that_vanishes(server):
    query = _soa(rdtype=wire.TXT, name="huge.example.")
    for _ in range(50):
        tcp = socket.create_connection((server.address, server.port), timeout=5)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        tcp.sendall((struct.pack(">H", len(query)) + query) * 5)
        tcp.close()  # A reset, with answers under way.
    assert server.ask("example.", wire.SOA, "tcp").has(wire.AA)
