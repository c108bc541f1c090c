"""Every name that resolvers asked a root server, over UDP and TCP, with DO and without."""

import itertools

import comparison
import dns.rdatatype
import pytest
import wire
import zone_questions


def recorded_questions(path):
    """(name, type) of a dnsperf file, each once; the case of letters as it was asked."""
    lines = sorted(set(path.read_text().splitlines()))
    pairs = (line.split() for line in lines)
    return [(wire.name_wire(name), dns.rdatatype.from_text(rdtype)) for name, rdtype in pairs]


@pytest.fixture(scope="module")
def trio(subject, corpus, started):
    zones = {".": corpus / "data/root-2021051901.zone"}
    return comparison.start_beside_peers(subject, started, zones)


WAYS = [("plain", "udp"), *itertools.product(("edns", "do"), ("udp", "tcp"))]


@pytest.mark.parametrize("edns, transport", WAYS)
def test_recorded_questions(trio, corpus, edns, transport):
    asked = recorded_questions(corpus / "data/root-queries.dnsperf")
    assert len(asked) > 15000
    comparison.check([comparison.Question(*pair, edns, transport) for pair in asked], *trio)


@pytest.mark.parametrize("edns, transport", WAYS)
def test_questions_made_from_the_zone(trio, corpus, edns, transport):
    asked = zone_questions.made_from(corpus / "data/root-2021051901.zone", b"\0")
    assert len(asked) > 10000
    comparison.check([comparison.Question(*pair, edns, transport) for pair in asked], *trio)


@pytest.mark.parametrize("name", [".", "com.", "a.root-servers.net.", "www.example.com."])
def test_any_tells_one_true_rrset(trio, name):
    subject, peer = trio[:2]
    told = subject.ask(name, wire.ANY, "tcp", edns=(1232, wire.DO))
    kinds = {r.type for r in told.answer} - {wire.RRSIG}
    if not kinds:
        assert not told.answer and told.authority  # A referral: the child knows.
        return
    asked = peer.ask(name, kinds.pop(), "tcp", edns=(1232, wire.DO))
    assert not kinds and set(told.answer) == set(asked.answer)
