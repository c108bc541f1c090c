"""Each alert of packaging/ fires for its fault: a real Prometheus scrapes the fleet of the lab."""

import contextlib
import datetime
import pathlib
import shutil
import socket
import time

import daemon
import faults
import prometheus_daemon
import pytest
import topology
import way_out
import yaml

LAB_OUTSIDE = True


@pytest.fixture(scope="module")
def prometheus(sidecar_lab):
    """In the management network, where an operator's would be."""
    prometheus_daemon.need()
    sidecar_lab.namespaces.configure(topology.MANAGEMENT, ["link set lo up",
                                                           "addr add 10.9.0.100/24 dev br0"])
    made = prometheus_daemon.Prometheus(
        sidecar_lab.namespaces, topology.MANAGEMENT, sidecar_lab.folder,
        {site: topology.management_v4(site) for site in topology.SITES})
    try:
        made.wait_until_scraping()
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


def test_a_way_out_that_is_cut(lab, prometheus):
    with way_out.way_out_cut(lab, "fra1"):
        prometheus.wait_for({"HitherNoAnswerLeaves": {"fra1"}})


def test_a_worker_that_is_stuck(lab, prometheus):
    pid = lab.sites["fra1"].hitherd.pid
    worker = next(thread for thread, name in faults.threads(pid).items()
                  if name.startswith("worker-"))
    with faults.stuck_thread(worker):
        prometheus.wait_for({"HitherWorkerStuck": {"fra1"}})


def test_a_drain_that_is_not_kept(lab, prometheus):
    """The state file cannot be replaced, as on a full disk."""
    site = lab.sites["fra1"]
    state = site.folder / "anycast.state"
    state.unlink()
    (state / "in the way").mkdir(parents=True)
    try:
        site.ask_sidecar("drain")
        prometheus.wait_for({"HitherDrainNotKept": {"fra1"}})
    finally:
        shutil.rmtree(state)
        assert site.ask_sidecar("undrain").returncode == 0


def _again_and_again(process, stopped, running, until, seconds):
    """Stops the process for a while and lets it run for a while, as a busy host does."""
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "the alert does not fire"
        for _ in range(max(1, int(1 / (stopped + running)))):
            process.stop()
            time.sleep(stopped)
            process.cont()
            time.sleep(running)


def test_decisions_that_are_late(lab, prometheus):
    """More than thirty."""
    _again_and_again(lab.sites["ams1"].sidecar, 0.6, 0.2,
                     lambda: "ams1" in prometheus.firing().get("HitherVerdictLate", ()), 120)


def test_answers_that_are_slow(lab, prometheus):
    """hitherd is stopped in the middle of batches: each is answered when it runs again."""
    load = lab.clients["client1"].load(150, 1_000_000)
    try:
        _again_and_again(lab.sites["fra1"].hitherd, 0.03, 0.003,
                         lambda: "fra1" in prometheus.firing().get("HitherSlow", ()), 120)
    finally:
        load.end()


_BY_TESTS = {"HitherDrainForgotten", "HitherReadbackBroken", "HitherTcpFull",
             "HitherNoAnswerLeaves", "HitherWorkerStuck", "HitherDrainNotKept",
             "HitherVerdictLate", "HitherSlow"}


def test_no_alert_is_left_out():
    groups = yaml.safe_load(prometheus_daemon.RULES.read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"]}
    assert {alert for _, wanted in _FAULTS for alert in wanted} | _BY_TESTS == alerts
