"""What has gone wrong with zones of this world, from a real primary: with the default gates,
hitherd publishes none of it. What is ordinary, and looks similar, is published.

Full form (HITHER_LONG=1): NSD, Knot and BIND as secondaries get the same versions. The table in
docs/operation.md must be what was seen.
"""

import json
import os
import pathlib
import re
import subprocess
import time

import pytest

import incident_zones
import peer_secondaries
import primaries
import servers
from secondary import Secondary

_ORIGIN = incident_zones.ORIGIN
# The profile cannot know that this name is busy: no record of the zone points to it.
_KEPT = "keep_rrsets: [lonely.example. A]"
_ASKED = ["example.", "busy.example.", "lonely.example.", "d0.example.", "d31.example.",
          "ns.d150.example.", "d299.example.", "missing.example.", "_https._tcp.example."]
_HELD_SECONDS = 6  # They publish within one.
_OPERATION = pathlib.Path(__file__).resolve().parents[3] / "docs" / "operation.md"

_LONG = pytest.mark.skipif(not os.environ.get("HITHER_LONG"), reason="in ./dev test long alone")


class _SignedZone(primaries.Zone):
    """`body` is the whole text."""

    def text(self):
        return self.body


class _Nsd(primaries.Nsd):
    """AXFR alone: its differences add records that are there already."""

    def _write_config(self):
        super()._write_config()
        config = self.folder / "nsd.conf"
        config.write_text(re.sub("(?m)^    (store|create)-ixfr: yes\n", "", config.read_text()))

    def notify_all(self, secondaries):
        """Before start()."""
        config = self.folder / "nsd.conf"
        config.write_text(config.read_text() + "".join(
            f"    notify: {address}@{port} NOKEY\n" for address, port in secondaries
            if (address, port) != self.notify))


class _Rig:
    """A primary that serves each version unchanged, and hitherd as its secondary."""

    def __init__(self, site, signer, primary):
        self.site, self.signer, self.primary = site, signer, primary

    def change(self, text):
        self.primary.change(text, serial=self.signer.serial)

    def publish(self, text):
        self.change(text)
        self.site.wait_for_serial(self.signer.serial)
        self.signer.published = self.signer.serial

    def publish_good(self):
        self.publish(self.signer.sign(incident_zones.registry()))

    def hither(self, *arguments):
        ran = subprocess.run([servers.hither_path(), *arguments, "--admin", self.site.admin],
                             capture_output=True, text=True, timeout=30)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def zone(self, *arguments):
        return self.hither("zone", *arguments)

    def reload(self):
        self.hither("reload")

    def status(self):
        return json.loads(self.zone("status", _ORIGIN, "--json"))["zones"][0]

    def refusals(self):
        return self.site.metric('hither_transfer_versions_total{result="refused"}')

    def answers(self):
        return [(name, rdtype, _content(self.site.answer(rdtype, name)))
                for name in _ASKED for rdtype in ("SOA", "A", "NS", "MX", "TXT")]


def _content(answer):
    return answer.rcode, frozenset(answer.answer), frozenset(answer.authority)


@pytest.fixture
def rig(hitherd, hither, make_folder, start_primary):
    site, signer = Secondary(make_folder("secondary")), incident_zones.Signer(make_folder("signer"))
    zone = _SignedZone(signer.sign(incident_zones.registry()), serial=signer.serial)
    primary = start_primary(_Nsd, zone, notify=(site.address, site.port))
    made = _Rig(site, signer, primary)
    yield made
    assert site.stop() == 0


def _start(rig, gates):
    rig.site.follow(rig.primary, gates=gates).start()
    rig.site.wait_for_serial(rig.signer.serial)
    rig.signer.published = rig.signer.serial


def _expect_held(rig, incident):
    """The bad version is at the primary: nothing changes here, and all say why."""
    site = rig.site
    serial, answers, refusals = site.serial(), rig.answers(), rig.refusals()
    log_before = len(site.server.log())
    rig.change(incident.make(rig.signer))
    if not incident.gate:
        return _expect_not_transferred(rig, serial, answers)
    site.wait_for(f"{incident.name} is refused", lambda: rig.refusals() == refusals + 1)
    assert site.serial() == serial
    assert rig.answers() == answers
    assert site.metric(f'hither_zone_refused{{zone="{_ORIGIN}"}}') == 1
    line = next(line for line in site.server.log()[log_before:].splitlines()
                if "is not published" in line)
    assert re.search(incident.says, line), line
    status = rig.status()
    assert (status["state"], status["serial"]) == ("stale", serial)
    assert status["refused"]["serial"] == rig.signer.serial
    assert status["refused"]["gate"] == incident.gate
    assert re.search(incident.says, status["refused"]["reason"]), status
    shown = rig.zone("show", _ORIGIN)
    assert re.search(incident.says, shown) and re.search(r"(?m)^\s*[-+] ?\S+\s", shown), shown
    return None


def _expect_not_transferred(rig, serial, answers):
    """A serial that is not ahead is not transferred (RFC 1034 §4.3.5), even by order."""
    rig.zone("refresh", _ORIGIN)
    rig.site.wait_for_log(f"it has serial {rig.signer.serial}")
    assert (rig.site.serial(), rig.answers()) == (serial, answers)


def test_no_incident_is_published(rig):
    """The good version after them is."""
    _start(rig, gates=f"{{ {_KEPT} }}")
    for incident in incident_zones.INCIDENTS:
        _expect_held(rig, incident)
    rig.publish_good()
    assert (rig.status()["refused"], rig.status()["state"]) == (None, "fresh")


@_LONG
def test_without_its_gate_each_is_published(rig):
    """hitherd could serve these versions, so it is the one gate that holds each of them."""
    _start(rig, gates="")
    for incident in (incident for incident in incident_zones.INCIDENTS if incident.gate):
        rig.site.follow(rig.primary, gates=f"{{ {incident.without} }}")
        rig.reload()
        rig.publish(incident.make(rig.signer))
        rig.publish_good()


def test_two_published_keys_with_one_tag(rig):
    """What came before the bad signatures of .de 2026: a warning, because nothing is wrong yet."""
    _start(rig, gates="")
    keys = [rig.signer.zsk, rig.signer.twin]
    rig.publish(rig.signer.sign(incident_zones.registry(), published=keys))
    rig.site.wait_for_log(f"example. DNSKEY: two keys have the tag {rig.signer.zsk.tag}")


def test_ordinary_changes_are_published(rig):
    _start(rig, gates="")
    for what, text in incident_zones.ordinary_changes(rig.signer):
        rig.publish(text)
        assert rig.refusals() == 0, what


def _what_they_do(secondaries, serial):
    published = set()
    end = time.monotonic() + _HELD_SECONDS
    while time.monotonic() < end:
        published |= {i for i, server in enumerate(secondaries) if server.serial() == serial}
        time.sleep(0.1)
    return ["published" if i in published else "held" for i in range(len(secondaries))]


def _table_row(title, words):
    return f"| {title} | {' | '.join(words)} |"


def _is_documented(line):
    return line in _OPERATION.read_text().splitlines()


@pytest.fixture
def peers(make_folder):
    missing = peer_secondaries.missing()
    if missing:
        pytest.skip(f"{missing} is not installed")
    made = [kind(make_folder("peer"), _ORIGIN, checks=checks)
            for _, kind, checks in peer_secondaries.PEERS]
    yield made
    for peer in made:
        peer.stop()


@_LONG
def test_table_beside_nsd_knot_and_bind(rig, peers):
    """Each secondary is NOTIFYed of each incident, then of a good version that it must publish."""
    rig.primary.stop()
    rig.primary.notify_all([(server.address, server.port) for server in (rig.site, *peers)])
    rig.primary.start()
    _start(rig, gates=f"{{ {_KEPT} }}")
    for peer in peers:
        peer.start(rig.primary)
    rows = [_table_row("version", ["Hither", *(name for name, _, _ in peer_secondaries.PEERS)])]
    for incident in incident_zones.INCIDENTS:
        rig.change(incident.make(rig.signer))
        rows.append(_table_row(incident.title, _what_they_do([rig.site, *peers],
                                                             rig.signer.serial)))
        print(rows[-1], flush=True)
        rig.publish_good()
        for peer in peers:
            assert peer.has_serial(rig.signer.serial, 60), peer.log()
    versions = {kind.version() for _, kind, _ in peer_secondaries.PEERS}
    assert not [row for row in rows if not _is_documented(row)]
    assert all(version in _OPERATION.read_text() for version in versions), versions
