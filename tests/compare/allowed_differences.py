"""How Hither's answers may differ from both NSD's and Knot's: each kind with its reason.

An entry says yes to single records, never to a whole answer. Keep each as narrow as its RFC;
test_comparison.py shows that they hide no wrong answer.
"""

import typing

import wire


class Pair(typing.NamedTuple):
    """Two answers to one question; `whole` is the peer's over TCP, where nothing is left out."""
    question: typing.Any
    ours: wire.Message
    peer: wire.Message
    whole: wire.Message


class Allowed(typing.NamedTuple):
    name: str
    reason: str
    explains: typing.Callable  # (pair, section, "lacks" or "adds", record)


def _is_referral(message):
    return not message.answer and any(r.type == wire.NS for r in message.authority)


def _is_true(pair, section, word, record):
    """We leave something out, or tell what the peer would tell if it had room."""
    return word == "lacks" or record in getattr(pair.whole, section)


def _minimal_any(pair, section, word, record):
    """One RRset of the name, whichever; test_root.py sees that it is a true one."""
    if pair.question.type != wire.ANY:
        return False
    rrsets = {(r.owner, r.type) for r in pair.ours.answer if r.type != wire.RRSIG}
    return len(rrsets) == 1 and rrsets.pop()[0] == pair.question.name.lower()


def _truncated_content(pair, section, word, record):
    """Both say TC: the asker comes back over TCP, whatever was in here."""
    truncated = pair.ours.has(wire.TC) and pair.peer.has(wire.TC)
    return pair.question.transport == "udp" and truncated and _is_true(pair, section, word, record)


def _optional_additional(pair, section, word, record):
    """Addresses beside a whole answer save a question; nothing depends on them."""
    return (section == "additional" and record.type in (wire.A, wire.AAAA)
            and not _is_referral(pair.ours) and _is_true(pair, section, word, record))


def _labels_from(name, at=0):
    while name[at]:
        yield name[at:]
        at += 1 + name[at]
    yield name[at:]


def _sibling_glue(pair, section, word, record):
    """Addresses of name servers that are in this zone but not below this delegation."""
    if section != "additional" or record.type not in (wire.A, wire.AAAA):
        return False
    cuts = {r.owner for r in pair.ours.authority if r.type == wire.NS}
    return (_is_referral(pair.ours) and cuts.isdisjoint(_labels_from(record.owner))
            and _is_true(pair, section, word, record))


ALL = [
    Allowed("minimal_any", "RFC 8482 §4.1: ANY is answered with one RRset", _minimal_any),
    Allowed("truncated_content", "RFC 2181 §9: an answer with TC is not used, only repeated over "
            "TCP", _truncated_content),
    Allowed("optional_additional", "RFC 1034 §4.3.2 step 6: addresses that may be useful, beside "
            "an answer that is complete without them", _optional_additional),
    Allowed("sibling_glue", "RFC 9471 §3.2: as much glue of sibling domains as there is room for",
            _sibling_glue),
]
