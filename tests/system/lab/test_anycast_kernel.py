"""The sidecar with backend kernel: leased addresses for BIRD, route metrics for FRR, on the node.

As test_anycast.py, for what differs: who withdraws, and how fast.
"""

import time

import pytest
import topology
from test_anycast import back_at, gone_after, wait_no_routes, wait_states, watched

LAB_MODE = "kernel"
_LEASE_SECONDS = 3


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_killed_responder_is_withdrawn(lab, site):
    with watched(lab) as routes:
        killed_at = lab.sites[site].hitherd.kill()
        assert gone_after(routes, site, killed_at, 6) <= 2
        wait_states(lab.sites[site], "DOWN")
        lab.sites[site].hitherd.start()
        back_at(routes, site)


@pytest.mark.parametrize("how", ["kill", "stop"])
@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_dead_or_hung_sidecar_is_withdrawn_by_its_lease(lab, site, how):
    with watched(lab) as routes:
        since = getattr(lab.sites[site].sidecar, how)()
        assert gone_after(routes, site, since, 12) <= _LEASE_SECONDS + 1


def test_drain_moves_traffic_and_loses_nothing(lab):
    site = lab.sites["fra1"]
    with lab.watch() as routes, lab.clients["client1"].probe() as probe:
        start = time.monotonic()
        try:
            done = site.ask_sidecar("drain", "--wait")
            assert done.returncode == 0, done.stderr
            wait_no_routes(lab, "fra1")
            changes = [change for change in routes.changes
                       if change.router == "t1" and change.at > start]
            assert any(change.view.best == "ams1" and "fra1" in change.view.sites
                       for change in changes), changes
        finally:
            site.ask_sidecar("undrain")
        routes.wait_best("t1", "fra1", 20)
    assert not probe.lost()


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_tiers_have_their_paths(lab, site):
    part = lab.sites[site]
    transit = lab.transits[{"fra1": "t1", "nyc1": "t2"}[site]]
    part.break_zone()
    wait_states(part, "SOFT")
    time.sleep(0.5)
    for prefix in topology.PREFIXES:
        route = next(one for one in transit.routes(prefix) if one.site == site)
        assert route.as_path[1:] == [topology.NODE_AS] * 3, route
