"""hitherd as a secondary of BIND, Knot, NSD and PowerDNS: it serves what its primary has."""

import random

import pytest

import certificates
import primaries
import random_zone
from secondary import Secondary, assert_equal_answers

_KINDS = pytest.mark.parametrize("kind", primaries.ALL, ids=lambda kind: kind.__name__)
_FAST = (", refresh: { min: 1s, max: 1h }, retry: { min: 1s, max: 1h }, "
         "expire: { min: 1s, max: 1h }")


@pytest.fixture
def site(hitherd, make_folder):
    made = Secondary(make_folder("secondary"))
    yield made
    assert made.stop() == 0


@pytest.fixture
def zone():
    """One that changes, and the same at each run."""
    return random_zone.RandomZone(random.Random(14))


# PowerDNS has no differences. Those of NSD 4.6 add records that are there (test_primaries.py).
_SENDS_DIFFERENCES = (primaries.Bind, primaries.Knot, primaries.Nsd)


def _ixfrs(site):
    return site.metric('hither_transfers_total{result="ixfr"}')


@pytest.mark.parametrize("key", [None, primaries.Key()], ids=["unsigned", "signed"])
@_KINDS
def test_axfr_then_notify(site, zone, start_primary, kind, key):
    """The zone's refresh is two hours: only the NOTIFY can bring the change."""
    primary = start_primary(kind, primaries.Zone(zone.body()), key=key,
                            notify=(site.address, site.port))
    site.follow(primary).start()
    site.wait_for_serial(1)
    questions = assert_equal_answers(primary, site, random.Random(1), extra=10_000)
    assert questions > 10_000
    primary.change(zone.step())
    site.wait_for_serial(2)
    assert_equal_answers(primary, site, random.Random(2))
    assert kind not in _SENDS_DIFFERENCES or _ixfrs(site) == 1


@_KINDS
def test_many_steps(site, zone, start_primary, kind):
    primary = start_primary(kind, primaries.Zone(zone.body()), key=primaries.Key(),
                            notify=(site.address, site.port))
    site.follow(primary).start()
    site.wait_for_serial(1)
    steps = 8 if kind is primaries.PowerDns else 20  # PowerDNS looks once a second.
    for serial in range(2, 2 + steps):
        primary.change(zone.step())
        site.wait_for_serial(serial)
        assert_equal_answers(primary, site, random.Random(serial), extra=200)
    assert kind not in _SENDS_DIFFERENCES or _ixfrs(site) >= 15


def test_several_versions_behind(site, zone, start_primary):
    """It was down while the zone changed three times: one IXFR brings all of it."""
    primary = start_primary(primaries.Knot, primaries.Zone(zone.body()))
    site.follow(primary).start()
    site.wait_for_serial(1)
    assert site.stop() == 0
    for _ in range(3):
        primary.change(zone.step())
    site.start()
    site.wait_for_serial(4)
    assert _ixfrs(site) == 1
    assert_equal_answers(primary, site, random.Random(3))


def test_wrong_key(site, zone, start_primary):
    primary = start_primary(primaries.Bind, primaries.Zone(zone.body()), key=primaries.Key())
    site.follow(primary)
    config = site.folder / "hither.yaml"
    wrong = primaries.Key(secret=b"x" * 32).text
    config.write_text(config.read_text().replace(primary.key.text, wrong))
    site.start()
    site.wait_for_log("example.")
    assert site.serial() is None


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_restart_without_its_primary(site, zone, start_primary, end):
    primary = start_primary(primaries.Nsd, primaries.Zone(zone.body()),
                            notify=(site.address, site.port))
    site.follow(primary).start()
    site.wait_for_serial(1)
    primary.change(zone.step())
    site.wait_for_serial(2)
    if end == "kill":
        site.server.process.kill()
        site.server.process.wait()
        site.server = None
    else:
        assert site.stop() == 0
    primary.stop()
    site.start()
    site.wait_for_serial(2, seconds=5)
    primary.start()
    assert_equal_answers(primary, site, random.Random(4))


def test_expires_and_recovers(site, zone, start_primary):
    primary = start_primary(primaries.Knot,
                            primaries.Zone(zone.body(), refresh=1, retry=1, expire=6))
    site.follow(primary, zone=_FAST).start()
    site.wait_for_serial(1)
    primary.stop()
    assert site.serial() == 1, "it is served until it expires"
    site.wait_for_expiry()
    primary.change(zone.step())
    primary.start()
    site.wait_for_serial(2, seconds=60)
    assert_equal_answers(primary, site, random.Random(5))


def test_expired_while_it_was_down(site, zone, start_primary):
    primary = start_primary(primaries.Knot,
                            primaries.Zone(zone.body(), refresh=1, retry=1, expire=2))
    site.follow(primary, zone=_FAST).start()
    site.wait_for_serial(1)
    primary.stop()
    site.wait_for_expiry()
    assert site.stop() == 0
    site.start()
    site.wait_for_expiry(seconds=10)


def test_next_primary_takes_over(site, zone, start_primary):
    first = start_primary(primaries.Bind, primaries.Zone(zone.body(), refresh=1, retry=1))
    second = start_primary(primaries.Nsd, primaries.Zone(zone.body(), refresh=1, retry=1))
    site.configure("example.", [f'{{ name: one, address: "{first.address}:{first.port}" }}',
                                f'{{ name: two, address: "{second.address}:{second.port}" }}'],
                   zone=_FAST).start()
    site.wait_for_serial(1)
    first.stop()
    second.change(zone.step())
    site.wait_for_serial(2, seconds=60)
    assert_equal_answers(second, site, random.Random(6))


class _Tls:
    """A CA, BIND's certificate of it, and what others might show."""

    def __init__(self, folder):
        self.ca = certificates.make(folder, "ca.example", is_ca=True)
        self.other_ca = certificates.make(folder, "other-ca.example", is_ca=True)
        self.server = certificates.make(folder, "hidden1.example", ca=self.ca)
        self.client = certificates.make(folder, "secondary.example", ca=self.ca)

    def by_ca(self, ca, name="hidden1.example"):
        return f'{{ ca_file: "{ca.certificate_path}", host_name: {name} }}'


@pytest.fixture
def tls(make_folder):
    return _Tls(make_folder("tls"))


@pytest.mark.parametrize("how", ["pin", "ca", "both"])
def test_xot(site, zone, start_primary, tls, how):
    primary = start_primary(primaries.Bind, primaries.Zone(zone.body()), key=primaries.Key(),
                            notify=(site.address, site.port), tls=tls.server.paths)
    pin = f'pin: "{tls.server.pin}"'
    by_ca = tls.by_ca(tls.ca)
    text = {"pin": f"{{ {pin} }}", "ca": by_ca, "both": by_ca.replace("{ ", f"{{ {pin}, ", 1)}[how]
    site.follow(primary, tls=text).start()
    site.wait_for_serial(1)
    primary.change(zone.step())
    site.wait_for_serial(2)
    assert _ixfrs(site) == 1
    assert_equal_answers(primary, site, random.Random(7))


@pytest.mark.parametrize("wrong, words", [
    ("pin", "not a configured pin"), ("ca", "certificate is not valid"),
    ("name", "certificate is not for other.example")])
def test_xot_with_another_server(site, zone, start_primary, tls, wrong, words):
    """No fall-back to clear text, where the same zone could be had."""
    primary = start_primary(primaries.Bind, primaries.Zone(zone.body()), tls=tls.server.paths)
    text = {"pin": f'{{ pin: "{tls.client.pin}" }}', "ca": tls.by_ca(tls.other_ca),
            "name": tls.by_ca(tls.ca, "other.example")}[wrong]
    site.follow(primary, tls=text).start()
    site.wait_for_log(words)
    assert site.serial() is None


def test_xot_without_alpn(site, zone, start_primary, tls):
    """NSD 4.6 selects no protocol; RFC 9103 §7.1 requires that it does."""
    primary = start_primary(primaries.Nsd, primaries.Zone(zone.body()), tls=tls.server.paths)
    site.follow(primary, tls=f'{{ pin: "{tls.server.pin}" }}').start()
    site.wait_for_log("did not select the protocol dot")
    assert site.serial() is None


def test_xot_to_a_port_without_tls(site, zone, start_primary, tls):
    primary = start_primary(primaries.Knot, primaries.Zone(zone.body()))
    primary.tls_port = primary.port
    site.follow(primary, tls=f'{{ pin: "{tls.server.pin}" }}').start()
    site.wait_for_log("TLS", seconds=60)
    assert site.serial() is None


def test_xot_with_a_client_certificate(site, zone, start_primary, tls):
    primary = start_primary(primaries.Bind, primaries.Zone(zone.body()), tls=tls.server.paths,
                            client_ca=tls.ca.certificate_path)
    pin = f'pin: "{tls.server.pin}"'
    site.follow(primary, tls=f"{{ {pin} }}").start()
    site.wait_for_log("closed by the other side")  # BIND 9.18 closes TCP, without an alert.
    assert site.serial() is None
    assert site.stop() == 0
    certificate, key = tls.client.paths
    site.follow(primary, tls=f'{{ {pin}, client_certificate: "{certificate}", '
                             f'client_key: "{key}" }}').start()
    site.wait_for_serial(1)
