"""The .edu zone of 2016: 7,531 delegations with old glue, asked in every way that a TLD is."""

import comparison
import pytest
import wire
import zone_questions


@pytest.fixture(scope="module")
def trio(subject, corpus, started):
    zones = {"edu.": corpus / "data/edu-2016.zone"}
    return comparison.start_beside_peers(subject, started, zones)


@pytest.mark.parametrize("edns, transport", [("plain", "udp"), ("edns", "tcp"), ("do", "udp")])
def test_questions_made_from_the_zone(trio, corpus, edns, transport):
    asked = zone_questions.made_from(corpus / "data/edu-2016.zone", wire.name_wire("edu."))
    assert len(asked) > 40000
    comparison.check([comparison.Question(*pair, edns, transport) for pair in asked], *trio)
