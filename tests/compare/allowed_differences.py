"""How Hither's answers may differ from both NSD's and Knot's: each kind with its reason.

An entry says yes to single records (or to TC), never to a whole answer. Keep each as narrow as its
RFC; test_comparison.py shows that they hide no wrong answer.
"""

import typing

import wire


class Allowed(typing.NamedTuple):
    name: str
    reason: str
    explains: typing.Callable


def _is_referral(message):
    return not message.answer and any(r.type == wire.NS for r in message.authority)


def _minimal_any(question, ours, peer, section, word, record):
    """One RRset of the name, whichever; test_root.py sees that it is a true one."""
    if question.type != wire.ANY:
        return False
    rrsets = {(r.owner, r.type) for r in ours.answer if r.type != wire.RRSIG}
    return len(rrsets) == 1 and rrsets.pop()[0] == question.name.lower()


def _truncated_content(question, ours, peer, section, word, record):
    """We say TC, and rightly (the peer does, or TRUNCATIONS says why): TCP has the answer."""
    return question.transport == "udp" and ours.has(wire.TC)


def _optional_additional(question, ours, peer, section, word, record):
    """Addresses beside a whole answer save a question; nothing depends on them."""
    return (section == "additional" and record.type in (wire.A, wire.AAAA, wire.RRSIG)
            and not _is_referral(ours) and not _is_referral(peer))


def _is_below(name, ancestor):
    return name == ancestor or name.endswith(ancestor) and _on_label(name, ancestor)


def _on_label(name, ancestor):
    at = 0
    while len(name) - at > len(ancestor):
        at += 1 + name[at]
    return name[at:] == ancestor


def _sibling_glue(question, ours, peer, section, word, record):
    """Addresses of name servers that are in this zone but not below this delegation."""
    if (section, word) != ("additional", "lacks") or record.type not in (wire.A, wire.AAAA):
        return False
    cuts = {r.owner for r in ours.authority if r.type == wire.NS}
    return not any(_is_below(record.owner, cut) for cut in cuts)


RECORDS = [
    Allowed("minimal_any", "RFC 8482 §4.1: ANY is answered with one RRset", _minimal_any),
    Allowed("truncated_content", "RFC 2181 §9: an answer with TC is not used, only repeated over "
            "TCP", _truncated_content),
    Allowed("optional_additional", "RFC 1034 §4.3.2 step 6: addresses that may be useful, beside "
            "an answer that is complete without them", _optional_additional),
    Allowed("sibling_glue", "RFC 9471 §2.2: glue of sibling domains may be left out",
            _sibling_glue),
]


def _all_glue_or_tc(question, ours, peer):
    """We say TC because in-domain glue does not fit; the peer leaves it out and stays silent."""
    if not ours.has(wire.TC) or not _is_referral(peer):
        return False
    cuts = {r.owner for r in peer.authority if r.type == wire.NS}
    glue = {r.owner for r in peer.additional if r.type in (wire.A, wire.AAAA)}
    targets = {r.rdata for r in peer.authority if r.type == wire.NS}
    return any(_is_below(target, cut) and target not in glue for target in targets for cut in cuts)


TRUNCATIONS = [
    Allowed("all_glue_or_tc", "RFC 9471 §3.1: in-domain glue that does not fit makes TC",
            _all_glue_or_tc),
]
