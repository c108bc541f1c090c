"""What a restart asks of the primary: not for zones that are current on the disk."""

import pytest

import hostile_primary
import servers
from hostile_primary import record, soa
from secondary import Secondary

_ORIGINS = [f"z{number}.example." for number in range(100)]


@pytest.fixture
def site(hitherd, make_folder):
    made = Secondary(make_folder("secondary"))
    yield made
    assert made.stop() == 0


@pytest.fixture
def primary():
    made = hostile_primary.HostilePrimary()
    yield made
    made.stop()


def _sends_the_zone(primary, stream):
    origin = stream.query.question[0].name.to_text()
    stream.send(soa(primary.serial, origin), record(origin, "NS", "ns.other."),
                soa(primary.serial, origin))


def _are_at(site, serial):
    return all(site.serial(origin) == serial for origin in _ORIGINS)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_current_zones_are_not_transferred_again(site, primary, end):
    primary.misbehave(_sends_the_zone, serial=7)
    site.follow_all(primary, _ORIGINS).start()
    site.wait("has all zones", lambda: _are_at(site, 7), 40)
    assert primary.asked["AXFR"] == len(_ORIGINS)
    if end == "kill":
        site.kill()
    else:
        assert site.stop() == 0
    primary.asked.clear()
    site.start()
    site.wait("serves all zones from the disk", lambda: _are_at(site, 7))
    site.wait("asks for each zone", lambda: primary.asked["SOA"] >= len(_ORIGINS), 40)
    assert set(primary.asked) == {"SOA"}, primary.asked
    # The serial on the disk is what it goes on from.
    primary.misbehave(_sends_the_zone, serial=8)
    ran = servers.run_hither("zone", "refresh", _ORIGINS[0], "--admin", site.admin)
    assert ran.returncode == 0, ran.stderr
    site.wait("takes the next serial", lambda: site.serial(_ORIGINS[0]) == 8)
    assert primary.asked["AXFR"] == 0 and primary.asked["IXFR"] >= 1, primary.asked
