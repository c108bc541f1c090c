"""The sidecar against real BIRD and FRR: when a route changes, and which site answers then.

Times are from the fault to the last carrier's loss of the route, both families. fra1 and ams1 have
BIRD, nyc1 has FRR; t1 is the transit of fra1, t2 that of nyc1.
"""

import concurrent.futures
import contextlib
import signal
import time

import daemon
import faults
import pytest
import topology

TRANSIT_OF = {"fra1": "t1", "nyc1": "t2"}
CLIENT_OF = {"fra1": "client1", "nyc1": "client2", "ams1": "client3"}
_BACK_SECONDS = 20


@contextlib.contextmanager
def watched(lab):
    """A watcher for each family."""
    with lab.watch(topology.PREFIX_V4) as v4, lab.watch(topology.PREFIX_V6) as v6:
        yield v4, v6


def gone_after(watchers, site, since, seconds):
    """How long it took until nobody had a route to the site any more."""
    return max(watcher.wait_gone(site, seconds) for watcher in watchers) - since


def back_at(watchers, site, seconds=_BACK_SECONDS):
    return max(watcher.wait_best(TRANSIT_OF[site], site, seconds) for watcher in watchers)


def wait_states(site, *allowed, seconds=8):
    """Until each family is in one of the states; what `explain` says then."""
    daemon.wait_for(lambda: site.states() and set(site.states().values()) <= set(allowed), seconds,
                    lambda: f"{site.name} {allowed}:\n{site.explain()}")
    return site.explain()


def has_routes(lab, site):
    return [route for carrier in lab.carriers.values() for prefix in topology.PREFIXES
            for route in carrier.routes(prefix) if route.site == site]


def wait_no_routes(lab, site, seconds=2):
    """The carriers hear of a withdrawal a moment after the sidecar has decided it."""
    daemon.wait_for(lambda: not has_routes(lab, site), seconds,
                    lambda: f"{has_routes(lab, site)}\n{lab.sites[site].explain()}")


# --- Who is dead -------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_killed_responder_is_withdrawn_within_a_second(lab, site):
    with watched(lab) as routes, lab.clients[CLIENT_OF[site]].probe() as probe:
        killed_at = lab.sites[site].hitherd.kill()
        assert gone_after(routes, site, killed_at, 5) <= 1
        assert "certain-fault" in wait_states(lab.sites[site], "DOWN")
        time.sleep(1.2)
        assert not probe.lost(since=killed_at + 1, until=time.monotonic() - 1)
        assert set(probe.sites(since=killed_at + 1)) == {"ams1"}
        lab.sites[site].hitherd.start()
        back_at(routes, site)
        soft = [change.view.as_path for change in routes[0].changes
                if change.router == TRANSIT_OF[site] and change.at > killed_at + 1
                and site in change.view.sites]
        assert soft, "it is never seen to come back"
        wait_states(lab.sites[site], "UP", seconds=_BACK_SECONDS)


def test_restarted_responder_warms_up_before_it_is_preferred(lab):
    site = lab.sites["fra1"]
    site.hitherd.kill()
    wait_states(site, "DOWN")
    with lab.watch() as routes:
        site.hitherd.start()
        seen = routes.wait_for(lambda views: "fra1" in views["t1"].sites, _BACK_SECONDS)
        route = next(one for one in lab.transits["t1"].routes(topology.PREFIX_V4)
                     if one.site == "fra1")
        assert len(route.as_path) > 2, "announced with a longer path at first"
        assert routes.wait_best("t1", "fra1", _BACK_SECONDS) - seen >= 0.7  # warm_up: 1s


def test_hung_responder_is_withdrawn_within_two_seconds(lab):
    site = lab.sites["fra1"]
    with watched(lab) as routes:
        stopped_at = site.hitherd.stop()
        assert gone_after(routes, "fra1", stopped_at, 5) <= 2
        assert "hangs" in site.explain() or "no answer" in site.explain()
        site.hitherd.cont()
        back_at(routes, "fra1")


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_killed_sidecar_is_withdrawn_at_once(lab, site):
    with watched(lab) as routes:
        killed_at = lab.sites[site].sidecar.kill()
        assert gone_after(routes, site, killed_at, 5) <= 0.2
        lab.sites[site].sidecar.start()
        back_at(routes, site)


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_hung_sidecar_is_withdrawn_by_the_hold_time(lab, site):
    with watched(lab) as routes:
        stopped_at = lab.sites[site].sidecar.stop()
        assert gone_after(routes, site, stopped_at, 10) <= 3 + 3
        lab.sites[site].sidecar.cont()
        back_at(routes, site)


def test_sidecar_beside_a_dead_responder_announces_nothing(lab):
    site = lab.sites["fra1"]
    site.sidecar.end()
    site.hitherd.kill()
    with lab.watch() as routes:
        routes.wait_gone("fra1", 5)
        started_at = time.monotonic()
        site.sidecar.start()
        wait_states(site, "DOWN")
        time.sleep(2)
        assert not has_routes(lab, "fra1")
        assert not [change for change in routes.changes
                    if change.at > started_at and "fra1" in change.view.sites]


def test_sidecar_that_is_terminated_withdraws_and_ends(lab):
    site = lab.sites["fra1"]
    with watched(lab) as routes, lab.clients["client1"].probe() as probe:
        sent_at = site.sidecar.kill(signal.SIGTERM)
        gone_after(routes, "fra1", sent_at, 20)
        daemon.wait_for(lambda: not site.sidecar.is_running(), 5, site.sidecar.log)
    assert not probe.lost()


# --- Who is ill --------------------------------------------------------------------------------


def test_servfail_withdraws(lab):
    site = lab.sites["fra1"]
    site.serve_servfail()
    wait_states(site, "DOWN")
    daemon.wait_for(lambda: "SERVFAIL" in site.explain(), 3, site.explain)
    wait_no_routes(lab, "fra1")
    daemon.wait_for(lambda: lab.catchment()["client1"] == "ams1", 2, lambda: str(lab.catchment()))


def test_somebody_elses_nsid_withdraws(lab):
    site = lab.sites["fra1"]
    site.become("elsewhere")
    wait_states(site, "DOWN")
    daemon.wait_for(lambda: "another server answers: NSID" in site.explain(), 3, site.explain)
    assert "ns1.elsewhere" in site.explain()
    wait_no_routes(lab, "fra1")


def test_tcp_dead_is_less_preferred_but_served(lab):
    site = lab.sites["fra1"]
    with lab.watch() as routes, lab.clients["client1"].probe() as probe:
        with faults.tcp_dead(site):
            explained = wait_states(site, "SOFT")
            routes.wait_best("t1", "ams1", 3)
            assert lab.clients["client1"].dig(tcp=True).status == "NOERROR"
            assert any(route.site == "fra1" for route in
                       lab.transits["t1"].routes(topology.PREFIX_V4))
        routes.wait_best("t1", "fra1", _BACK_SECONDS)
    assert "soft-fault" in explained and "tcp" in explained
    assert not probe.lost()


def test_one_family_dead_withdraws_that_family(lab):
    site = lab.sites["fra1"]
    with faults.address_lost(site), watched(lab) as (v4, v6):
        v4.wait_gone("fra1", 8)
        assert v6.views()["t1"].best == "fra1"
        assert site.states() == {"ipv4": "DOWN", "ipv6": "UP"}
        assert lab.clients["client1"].dig(v6=True).site == "fra1"


def test_one_stuck_worker_is_told_and_moves_traffic(lab):
    site = lab.sites["fra1"]
    worker = next(number for number, name in faults.threads(site.hitherd.pid).items()
                  if name == "worker-0")
    with faults.stuck_thread(worker):
        # Its share of the probes goes unanswered, too: a part that fails, and not the whole.
        wait_states(site, "SOFT")
        daemon.wait_for(lambda: "has not run" in site.explain(), 5, site.explain)
        assert "worker 0" in site.explain()
        daemon.wait_for(lambda: lab.catchment()["client1"] == "ams1", 5, "client1 at ams1")


def test_stale_zone_is_less_preferred_but_served(lab):
    site = lab.sites["fra1"]
    with lab.watch() as routes, lab.clients["client1"].probe() as probe:
        site.break_zone()
        explained = wait_states(site, "SOFT")
        routes.wait_best("t1", "ams1", 3)
    assert "example.org" in explained and "stale" in explained and "soft-fault" in explained
    assert not probe.lost()


def test_expired_zone_withdraws_where_others_are_better(lab):
    site = lab.sites["fra1"]
    with lab.clients["client1"].probe() as probe:
        site.break_zone(expire=2)
        explained = wait_states(site, "DOWN", seconds=12)
        wait_no_routes(lab, "fra1")
    assert "EXPIRE" in explained and "shared" in explained
    assert not probe.lost()


# --- The fleet ---------------------------------------------------------------------------------


def test_zone_stale_everywhere_moves_nobody(lab):
    with watched(lab) as routes, contextlib.ExitStack() as probes:
        probes = [probes.enter_context(client.probe(100)) for client in lab.clients.values()]
        start = time.monotonic()
        for site in lab.sites.values():
            site.break_zone()
        for site in lab.sites.values():
            assert "stale" in wait_states(site, "SOFT")
        time.sleep(1)
        for watcher in routes:
            assert not [change for change in watcher.changes
                        if change.at > start and not change.view.best]
        assert {route.site for prefix in topology.PREFIXES
                for route in lab.transits["t1"].routes(prefix)} >= {"fra1", "ams1"}
        assert all(len(has_routes(lab, site)) > 0 for site in lab.sites)
        assert lab.catchment() == topology.CATCHMENT
        for probe in probes:
            probe.finish()
            assert not probe.lost()


def test_zone_expired_everywhere_withdraws_nobody_for_good(lab):
    for site in lab.sites.values():
        site.break_zone(expire=2)
    time.sleep(6)
    states = [state for site in lab.sites.values() for state in site.states().values()]
    assert states.count("DOWN") <= 2  # Of three nodes one may, each family.
    assert all(one is not None for one in lab.catchment().values())


def test_two_of_three_dead_leave_the_third(lab):
    with watched(lab) as routes, lab.clients["client3"].probe() as probe:
        killed_at = time.monotonic()
        for name in ("ams1", "nyc1"):
            lab.sites[name].hitherd.kill()
        for name in ("ams1", "nyc1"):
            gone_after(routes, name, killed_at, 5)
        for v6 in (False, True):
            lab.wait_for_catchment(dict.fromkeys(topology.CLIENTS, "fra1"), 3, v6=v6)
        # And whatever it has, short of death, it stays.
        lab.sites["fra1"].break_zone(expire=2)
        time.sleep(5)
        assert "UP" not in lab.sites["fra1"].states().values()
        assert set(lab.catchment().values()) == {"fra1"}
    assert not probe.lost(since=killed_at + 1.5)


# --- The operator ------------------------------------------------------------------------------


def test_drain_under_load_loses_nothing(lab):
    site = lab.sites["fra1"]
    loads = [client.load(8, 300, v6=name == "client4") for name, client in lab.clients.items()]
    with lab.watch() as routes, lab.clients["client1"].probe() as probe, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        time.sleep(1)
        start = time.monotonic()
        drain = pool.submit(lambda: (site.ask_sidecar("drain", "--wait"), time.monotonic()))
        try:
            moved_at = routes.wait_best("t1", "ams1", 10)
            assert any(one.site == "fra1" for one in lab.transits["t1"].routes("192.0.2.0/24"))
            gone_at = routes.wait_gone("fra1", 20)
            done, returned_at = drain.result(30)
            assert done.returncode == 0, done.stderr
            # The carriers hear of it a moment after the node.
            assert start < moved_at < gone_at <= returned_at + 0.5
            assert not probe.lost(until=time.monotonic() - 1)
            assert "drain" in site.explain()
            for load in loads:
                counts = load.finish()
                assert counts["lost"] == 0 and counts["completed"] == counts["sent"] > 1000
        finally:
            for load in loads:
                load.end()
            undrained = site.ask_sidecar("undrain")
        assert undrained.returncode == 0, undrained.stderr
        routes.wait_best("t1", "fra1", _BACK_SECONDS)


def test_drained_node_stays_drained_over_a_restart(lab):
    site = lab.sites["fra1"]
    try:
        assert site.ask_sidecar("drain", "--wait").returncode == 0
        site.sidecar.restart()
        wait_states(site, "DOWN")
        time.sleep(2)
        assert not has_routes(lab, "fra1") and "drain" in site.explain()
    finally:
        assert site.ask_sidecar("undrain").returncode == 0


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_configure_while_down_announces_nothing(lab, site):
    part = lab.sites[site]
    part.hitherd.kill()
    with watched(lab) as routes:
        for watcher in routes:
            watcher.wait_gone(site, 5)
        for bird in [*lab.carriers.values(), *([] if part.is_frr else [part.router])]:
            bird.configure()
        if part.is_frr:
            part.router.reset_sessions()
        time.sleep(2)
        assert not has_routes(lab, site)


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_router_restart_heals_by_itself(lab, site):
    with watched(lab) as routes:
        lab.sites[site].router.restart()
        for watcher in routes:
            watcher.wait_gone(site, 3)
        back_at(routes, site)
    wait_states(lab.sites[site], "UP")


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_session_reset_heals_by_itself(lab, site):
    part = lab.sites[site]
    with watched(lab) as routes:
        if part.is_frr:
            part.router.reset_sessions()
        else:
            part.router.ask("restart node")
        for watcher in routes:
            watcher.wait_gone(site, 3)
        back_at(routes, site)
    assert part.sidecar_status()["sessions"][0]["resets"] >= 1


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_refused_announcement_is_reported(lab, site):
    part = lab.sites[site]
    part.refuse_node_routes(True)
    with lab.watch() as routes:
        routes.wait_gone(site, 5)
        daemon.wait_for(lambda: part.sidecar_status()["mismatches"], 6,
                        lambda: str(part.sidecar_status()))
        assert part.sidecar_status()["mismatches_total"] > 0
        part.refuse_node_routes(False)
        daemon.wait_for(lambda: not part.sidecar_status()["mismatches"], 10,
                        lambda: str(part.sidecar_status()))
