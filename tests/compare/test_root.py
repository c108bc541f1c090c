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


TRANSPORTS = list(itertools.product(("udp", "tcp"), (False, True)))


@pytest.mark.parametrize("transport, do", TRANSPORTS)
def test_recorded_questions(trio, corpus, transport, do):
    asked = recorded_questions(corpus / "data/root-queries.dnsperf")
    assert len(asked) > 15000
    comparison.check([comparison.Question(*pair, do, transport) for pair in asked], *trio)


@pytest.mark.parametrize("transport, do", TRANSPORTS)
def test_questions_made_from_the_zone(trio, corpus, transport, do):
    asked = zone_questions.made_from(corpus / "data/root-2021051901.zone", b"\0")
    assert len(asked) > 10000
    comparison.check([comparison.Question(*pair, do, transport) for pair in asked], *trio)
