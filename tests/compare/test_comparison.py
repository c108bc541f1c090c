"""The comparison itself: it must notice every wrong answer, whatever is allowed to differ."""

import allowed_differences
import comparison
import pytest
import wire

_APEX = wire.name_wire("example.")
_CUT = wire.name_wire("sub.example.")
_INNER = wire.name_wire("ns.sub.example.")
_SIBLING = wire.name_wire("ns.other.example.")
_ADDRESS = bytes([192, 0, 2, 1])
_SOA = wire.Record(_APEX, wire.SOA, wire.IN, 300, _APEX * 2 + bytes(20))


def _record(owner, rdtype, rdata, ttl=300):
    return wire.Record(owner, rdtype, wire.IN, ttl, rdata)


def _message(name, rdtype, rcode=0, flags=wire.QR | wire.AA, answer=(), authority=(),
             additional=()):
    return wire.Message(1, flags, 0, rcode, ((name, rdtype, wire.IN),), list(answer),
                        list(authority), list(additional), wire.Edns(0, 1232, wire.DO, ()))


_POSITIVE = _message(_APEX, wire.A, answer=[_record(_APEX, wire.A, _ADDRESS)])
_NEGATIVE = _message(_INNER, wire.A, rcode=wire.NXDOMAIN, authority=[_SOA])
_REFERRAL = _message(
    _CUT, wire.A, flags=wire.QR,
    authority=[_record(_CUT, wire.NS, _INNER), _record(_CUT, wire.NS, _SIBLING)],
    additional=[_record(_INNER, wire.A, _ADDRESS), _record(_SIBLING, wire.A, _ADDRESS)])
_CUT_SHORT = _REFERRAL._replace(flags=wire.QR | wire.TC, authority=[], additional=[])
_WITH_ADDRESS = _POSITIVE._replace(additional=[_record(_CUT, wire.A, _ADDRESS)])
_ANY = _message(_APEX, wire.ANY, answer=[_SOA, _record(_APEX, wire.A, _ADDRESS)])
_ALL = {"positive": _POSITIVE, "negative": _NEGATIVE, "referral": _REFERRAL,
        "truncated": _CUT_SHORT, "any": _ANY}


def _verdict(ours, peer, transport="udp", whole=None):
    name, rdtype, _ = peer.question[0]
    question = comparison.Question(name, rdtype, "do", transport)
    return comparison.compare(allowed_differences.Pair(question, ours, peer, whole or peer))


@pytest.mark.parametrize("message", _ALL.values(), ids=_ALL.keys())
def test_an_answer_equals_itself(message):
    assert _verdict(message, message) == comparison.Verdict([], set())


@pytest.mark.parametrize("message", _ALL.values(), ids=_ALL.keys())
@pytest.mark.parametrize("change", [
    {"rcode": wire.SERVFAIL},
    {"rcode": wire.REFUSED, "answer": [], "authority": [], "additional": []},
    {"opcode": 4},
    {"flags": wire.QR | wire.AA | wire.AD},
    {"flags": wire.QR | wire.RA},
    {"flags": 0},
    {"question": ()},
    {"edns": None},
    {"edns": wire.Edns(1, 1232, wire.DO, ())},
    {"edns": wire.Edns(0, 1232, 0, ())},
], ids=str)
def test_a_wrong_header_is_never_allowed(message, change):
    assert _verdict(message._replace(**change), message).faults


_WRONG = {
    "an answer lost": (_POSITIVE, {"answer": []}),
    "another address": (_POSITIVE, {"answer": [_record(_APEX, wire.A, bytes(4))]}),
    "another TTL": (_POSITIVE, {"answer": [_record(_APEX, wire.A, _ADDRESS, ttl=1)]}),
    "a record twice": (_POSITIVE, {"answer": _POSITIVE.answer * 2}),
    "a record from elsewhere": (_POSITIVE, {"authority": [_record(_CUT, wire.NS, _INNER)]}),
    "a signature too many": (_POSITIVE, {"authority": [_record(_APEX, wire.RRSIG, bytes(30))]}),
    "no SOA": (_NEGATIVE, {"authority": []}),
    "a proof too many": (_NEGATIVE, {"authority": [_SOA, _record(_APEX, wire.NSEC, _CUT)]}),
    "a name server lost": (_REFERRAL, {"authority": _REFERRAL.authority[:1]}),
    "no in-domain glue": (_REFERRAL, {"additional": _REFERRAL.additional[1:]}),
    "invented in-domain glue": (_REFERRAL, {
        "additional": _REFERRAL.additional + [_record(_INNER, wire.A, bytes(4))]}),
    "invented sibling glue": (_REFERRAL, {
        "additional": _REFERRAL.additional + [_record(_SIBLING, wire.A, bytes(4))]}),
    "TC without need": (_POSITIVE, {"flags": wire.QR | wire.AA | wire.TC}),
    "TC on a whole referral": (_REFERRAL, {"flags": wire.QR | wire.TC}),
    "an address from elsewhere": (_POSITIVE, {"additional": [_record(_CUT, wire.A, bytes(4))]}),
    "ANY with two RRsets and one lost": (
        _ANY._replace(answer=_ANY.answer + [_record(_APEX, wire.TXT, b"\0")]), {
            "answer": _ANY.answer}),
}


@pytest.mark.parametrize("peer, change", _WRONG.values(), ids=_WRONG.keys())
def test_a_wrong_section_is_noticed(peer, change):
    assert _verdict(peer._replace(**change), peer).faults


_ALLOWED = {
    "minimal_any": (_ANY, {"answer": _ANY.answer[:1]}),
    "sibling_glue": (_REFERRAL, {"additional": _REFERRAL.additional[:1]}),
    "optional_additional": (_WITH_ADDRESS, {"additional": []}),
    "truncated_content": (_CUT_SHORT._replace(authority=_REFERRAL.authority), {
        "authority": _REFERRAL.authority[:1]}),
}


@pytest.mark.parametrize("name", _ALLOWED)
def test_an_allowed_difference_is_named(name):
    peer, change = _ALLOWED[name]
    assert _verdict(peer._replace(**change), peer) == comparison.Verdict([], {name})


@pytest.mark.parametrize("peer, whole", [(_POSITIVE, _WITH_ADDRESS), (
    _REFERRAL._replace(additional=_REFERRAL.additional[:1]), _REFERRAL), (_CUT_SHORT, _REFERRAL)])
def test_more_may_be_told_only_if_it_is_true(peer, whole):
    """The peer had no room for it; over TCP it says the same."""
    ours = whole._replace(flags=peer.flags)
    assert not _verdict(ours, peer, whole=whole).faults
    assert _verdict(ours, peer).faults


def test_truncation_explains_nothing_over_tcp():
    assert _verdict(_CUT_SHORT, _CUT_SHORT._replace(authority=[_SOA]), "tcp").faults
