"""Each alert of packaging/ fires for its fault: a real Prometheus scrapes the fleet of the lab.

The rules are those that we ship, with `for:` cut to a second and Prometheus's own intervals to half
a second: the expressions are what is tested. Alerts whose fault the lab cannot make are listed in
_ELSEWHERE.
"""

import contextlib
import datetime
import http.client
import json
import pathlib
import re
import shutil
import socket

import daemon
import pytest
import topology
import yaml

_PROMETHEUS = pathlib.Path(__file__).parents[3] / "packaging" / "prometheus"
_RULES = _PROMETHEUS / "hither.rules.yml"
# By promtool alone: a full disk, a busy host, a slow answer, and a cut way out (test_outside.py).
_ELSEWHERE = {"HitherDrainNotKept", "HitherVerdictLate", "HitherWorkerStuck", "HitherSlow",
              "HitherNoAnswerLeaves"}
_PORT = 9090
_FIRES_SECONDS = 25


class Prometheus:
    """In the management network, where an operator's would be."""

    def __init__(self, lab):
        self._lab = lab
        self.folder = lab.folder / "prometheus"
        self.folder.mkdir()
        rules = re.sub(r"for: \S+", "for: 1s", _RULES.read_text())
        (self.folder / "hither.rules.yml").write_text(rules)
        (self.folder / "prometheus.yml").write_text(self._config())
        lab.namespaces.configure(topology.MANAGEMENT, ["link set lo up",
                                                       "addr add 10.9.0.100/24 dev br0"])
        self._daemon = daemon.Daemon(
            "prometheus", lab.namespaces, topology.MANAGEMENT,
            [shutil.which("prometheus"), f"--config.file={self.folder}/prometheus.yml",
             f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{_PORT}"],
            self.folder).start()

    def _config(self):
        """The file that we ship, with the lab's nodes and short intervals."""
        config = yaml.safe_load((_PROMETHEUS / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "500ms", "scrape_timeout": "500ms",
                            "evaluation_interval": "500ms"}
        del config["alerting"]
        for job in config["scrape_configs"]:
            port = job["static_configs"][0]["targets"][0].split(":")[1]
            job["static_configs"] = [
                {"targets": [f"{topology.management_v4(site)}:{port}"],
                 "labels": {"site": site, "node": topology.NODE}} for site in topology.SITES]
        return yaml.safe_dump(config)

    def end(self):
        self._daemon.end()

    def _get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", _PORT, timeout=5)
        connection.sock = self._lab.namespaces.socket(topology.MANAGEMENT, socket.AF_INET,
                                                      socket.SOCK_STREAM)
        connection.sock.settimeout(5)
        with contextlib.closing(connection):
            connection.sock.connect(("127.0.0.1", _PORT))
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())["data"]

    def firing(self):
        """{alert: the sites that it names, "" for those that name none}"""
        found = {}
        with contextlib.suppress(OSError, ValueError, KeyError):  # It does not listen yet.
            for alert in self._get("/api/v1/alerts")["alerts"]:
                if alert["state"] == "firing":
                    name = alert["labels"]["alertname"]
                    found.setdefault(name, set()).add(alert["labels"].get("site", ""))
        return found

    def is_scraping(self):
        with contextlib.suppress(OSError, ValueError, KeyError):
            targets = self._get("/api/v1/targets")["activeTargets"]
            return len(targets) == 6 and all(one["health"] == "up" for one in targets)
        return False

    def wait_for(self, wanted, seconds=_FIRES_SECONDS):
        """Until each alert names (at least) its sites."""
        def fires():
            firing = self.firing()
            return all(sites <= firing.get(alert, set()) for alert, sites in wanted.items())
        daemon.wait_for(fires, seconds, lambda: f"{wanted}, but {self.firing()} fire")


@pytest.fixture(scope="module")
def prometheus(sidecar_lab):
    if shutil.which("prometheus") is None:
        pytest.skip("there is no prometheus; apt-get install prometheus")
    made = Prometheus(sidecar_lab)
    try:
        daemon.wait_for(made.is_scraping, 30, lambda: str(made.firing()))
        yield made
    finally:
        made.end()


def _no_sidecar(lab):
    lab.sites["fra1"].sidecar.kill()


def _no_responder(lab):
    lab.sites["fra1"].hitherd.kill()


def _no_sidecar_anywhere(lab):
    for site in lab.sites.values():
        site.sidecar.stop()


def _half_withdrawn(lab):
    for name in ("fra1", "ams1"):
        lab.sites[name].hitherd.kill()


def _no_session_anywhere(lab):
    for site in lab.sites.values():
        site.router.kill()


def _newer_zone(lab):
    lab.sites["fra1"].write_zone(serial=2)
    assert lab.sites["fra1"].reload().returncode == 0


def _zone_missing(lab):
    site = lab.sites["fra1"]
    lines = site.config_path.read_text().splitlines(keepends=True)
    site.config_path.write_text("".join(line for line in lines if "example.net" not in line))
    assert site.reload().returncode == 0


def _stale_everywhere(lab):
    for site in lab.sites.values():
        site.break_zone()


def _signatures_end(lab):
    """In an hour; the signature itself need not be right."""
    site = lab.sites["fra1"]
    site.write_zone(serial=2)
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    with site.zone_path.open("a") as zone:
        zone.write(f"@ 300 IN RRSIG NS 13 2 300 {end:%Y%m%d%H%M%S} 20200101000000 1 @ AA==\n")
    assert site.reload().returncode == 0


def _servfail(lab):
    lab.sites["fra1"].serve_servfail()


def _filter(lab):
    lab.sites["fra1"].refuse_node_routes(True)


def _flaps(lab):
    site = lab.sites["fra1"]
    for _ in range(4):
        site.hitherd.kill()
        daemon.wait_for(lambda: set(site.states().values()) == {"DOWN"}, 8, site.explain)
        site.hitherd.start()
        daemon.wait_for(lambda: "DOWN" not in site.states().values(), 20, site.explain)


def _drain(lab):
    assert lab.sites["fra1"].ask_sidecar("drain", "--wait").returncode == 0


# The fault, and the alerts that it makes, with the sites that they name.
_FAULTS = [
    (_no_sidecar, {"HitherSidecarUnseen": {"fra1"}, "HitherPeerUnheard": {"ams1", "nyc1"}}),
    (_no_responder, {"HitherResponderUnseen": {"fra1"}, "HitherNodeWithdrawn": {"fra1"}}),
    (_no_sidecar_anywhere, {"HitherFleetUnseen": {""}}),
    (_half_withdrawn, {"HitherHalfOfFleetDown": {""}}),
    (_no_session_anywhere, {"HitherNobodyAnnounces": {""}, "HitherNotAnnounced": {"fra1", "nyc1"},
                            "HitherSessionDown": {"fra1", "nyc1"}}),
    (_newer_zone, {"HitherSerialsDiffer": {"ams1", "nyc1"}}),
    (_zone_missing, {"HitherZoneMissing": {""}, "HitherFewerZones": {"fra1"}}),
    (_stale_everywhere, {"HitherZoneStale": {"fra1", "ams1", "nyc1"},
                         "HitherNodeSoft": {"fra1", "ams1", "nyc1"}, "HitherAllSitesSoft": {""}}),
    (_signatures_end, {"HitherSignaturesExpire": {"fra1"}, "HitherNodeSoft": {"fra1"}}),
    (_servfail, {"HitherZoneNotServed": {"fra1"}, "HitherServfail": {"fra1"}}),
    (_filter, {"HitherNotAsWanted": {"fra1"}}),
    (_flaps, {"HitherFlaps": {"fra1"}}),
]


@pytest.mark.parametrize("fault, alerts", _FAULTS, ids=[one.__name__[1:] for one, _ in _FAULTS])
def test_a_fault_fires_its_alerts(lab, prometheus, fault, alerts):
    fault(lab)
    prometheus.wait_for(alerts)


def test_a_drain_that_is_forgotten(lab, prometheus):
    try:
        _drain(lab)
        prometheus.wait_for({"HitherDrainForgotten": {"fra1"}})
        assert "fra1" not in prometheus.firing().get("HitherNodeWithdrawn", set())
    finally:
        assert lab.sites["fra1"].ask_sidecar("undrain").returncode == 0


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_a_readback_that_cannot_ask(lab, prometheus, site):
    """The control socket is out of reach, as without the group line in the unit."""
    asked = lab.sites[site].router
    place = pathlib.Path(asked.socket_path if site == "fra1" else asked.folder)
    away = place.with_name(place.name + ".away")
    place.rename(away)
    try:
        lab.sites[site].sidecar.restart()  # It keeps an open socket.
        prometheus.wait_for({"HitherReadbackBroken": {site}})
        assert "readback:" in lab.sites[site].sidecar.log()
    finally:
        away.rename(place)


def test_tcp_that_is_full(lab, prometheus):
    """One client opens more connections than a network may have."""
    held = []
    try:
        for _ in range(100):
            one = lab.namespaces.socket("client1", socket.AF_INET, socket.SOCK_STREAM)
            held.append(one)
            one.settimeout(2)
            with contextlib.suppress(OSError):
                one.connect((topology.SERVICE_V4, 53))
        prometheus.wait_for({"HitherTcpFull": {"fra1"}})
    finally:
        for one in held:
            one.close()


def test_no_alert_is_left_out():
    groups = yaml.safe_load(_RULES.read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"]}
    tested = {alert for _, wanted in _FAULTS for alert in wanted}
    tested |= {"HitherDrainForgotten", "HitherReadbackBroken", "HitherTcpFull"}
    assert tested | _ELSEWHERE == alerts
    assert not tested & _ELSEWHERE
