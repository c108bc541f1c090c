"""The alerts for zones from primaries fire for their faults: a real Prometheus scrapes a secondary
that has real primaries. The other alerts are those of lab/test_alerts.py."""

import contextlib
import pathlib
import resource
import shutil
import subprocess
import sys

import dns.exception
import dns.message
import dns.opcode
import dns.query
import primaries
import pytest
import secondary as secondary_module
import servers

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "lab"))
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "lab"))

import prometheus_daemon  # noqa: E402

_QUICK = "refresh: { min: 1s, max: 1h }, retry: { min: 1s, max: 1h }, expire: { min: 1s, max: 2d }"
_BODY = "@ NS ns1\nns1 A 192.0.2.1\n" + "".join(f"host{i} A 192.0.2.{i}\n" for i in range(100))


class _Site(secondary_module.Secondary):
    """A zone of each primary; the first is asked for by the tests' own helpers."""

    def configure_for(self, running):
        self.origin = running[0].zone.origin
        lines = "".join(f'  - {{ name: {primary.zone.origin}primary, address: '
                        f'"{primary.address}:{primary.port}" }}\n' for primary in running)
        zones = "".join(f"  - {{ name: {primary.zone.origin}, primaries: "
                        f"[{primary.zone.origin}primary], {_QUICK} }}\n" for primary in running)
        (self.folder / "hither.yaml").write_text(f"""
identity: {{ site: fra1, node: ns1 }}
listen: ["{self.address}:{self.port}"]
workers: 1
user: root
admin: {{ listen: "{self.admin}" }}
state_dir: state
primaries:
{lines}zones:
{zones}""")
        return self

    def serial_of(self, origin):
        answer = self.answer("SOA", origin)
        return int.from_bytes(answer.answer[0].rdata[-20:-16], "big") if answer.answer else None

    def wait_for_serial_of(self, origin, serial):
        self.wait(f"{origin} has serial {serial}", lambda: self.serial_of(origin) == serial)

    def zone(self, *arguments):
        return subprocess.run([servers.hither_path(), "zone", *arguments, "--admin", self.admin],
                              check=True, capture_output=True, text=True, timeout=30)

    def limit_files(self, octets):
        """As a disk that is full. -1: no longer."""
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (octets, -1))

    def refuses_notifies(self, count):
        for _ in range(count):
            notify = dns.message.make_query(self.origin, "SOA")
            notify.set_opcode(dns.opcode.NOTIFY)
            with contextlib.suppress(dns.exception.DNSException):
                dns.query.udp(notify, self.address, port=self.port, source="127.0.0.77", timeout=2)


@pytest.fixture
def nodes(hitherd, make_folder):
    """The secondary, and a primary for each zone."""
    if not all(map(shutil.which, primaries.Knot.programs)):
        pytest.skip("Knot is not installed")
    site = _Site(make_folder("secondary"))
    running = []
    for origin, expire in (("gone.example.", 3600), ("expired.example.", 4),
                           ("cut.example.", 1209600), ("back.example.", 1209600),
                           ("full.example.", 1209600)):
        zone = primaries.Zone(_BODY, origin, refresh=1, retry=1, expire=expire)
        running.append(primaries.Knot(make_folder(origin[:-1]), zone,
                                      notify=(site.address, site.port)))
    try:
        for primary in running:
            primary.start()
        site.configure_for(running).start()
        for primary in running:
            site.wait_for_serial_of(primary.zone.origin, 1)
        yield site, running
    finally:
        for primary in running:
            primary.stop()
        site.stop()


@pytest.fixture
def prometheus(nodes, make_folder):
    prometheus_daemon.need()
    made = prometheus_daemon.PrometheusOfResponders(make_folder("prometheus"),
                                                    {"fra1": nodes[0].admin}, servers.free_port())
    try:
        made.wait_until_scraping()
        yield made
    finally:
        made.end()


def test_faults_fire_their_alerts_until_they_are_mended(nodes, prometheus):
    site, (gone, expired, cut, back, full) = nodes
    prometheus.wait_until_silent()
    back.change(_BODY + "new A 192.0.2.200\n")
    site.wait_for_serial_of("back.example.", 2)

    gone.stop()
    expired.stop()
    cut.change("@ NS ns1\nns1 A 192.0.2.1\n")
    site.zone("rollback", "back.example.")
    site.limit_files(0)
    full.change(_BODY + "new A 192.0.2.200\n")
    site.refuses_notifies(60)
    prometheus.wait_for({
        "HitherZoneNotConfirmed": {"fra1"}, "HitherZoneExpiresSoon": {"fra1"},
        "HitherZoneExpired": {"fra1"}, "HitherVersionRefused": {""},
        "HitherRollbackForgotten": {""},
        "HitherZoneLogFails": {"fra1"}, "HitherNotifiesRefused": {"fra1"}})
    assert [site.serial_of(f"{name}.example.") for name in ("cut", "back", "full")] == [1, 1, 1]

    site.limit_files(-1)
    site.wait_for_serial_of("full.example.", 2)
    cut.change(_BODY)
    back.change(_BODY + "new A 192.0.2.201\n")
    gone.start()
    expired.start()
    # Prometheus remembers what was refused within the hour, and what failed within ten minutes.
    prometheus.wait_until_silent(60, but={"HitherNotifiesRefused", "HitherZoneLogFails"})
    assert [site.serial_of(f"{name}.example.") for name in ("cut", "back")] == [3, 3]
