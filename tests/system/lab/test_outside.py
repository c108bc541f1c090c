"""The way out of a node is cut: queries come in, answers do not leave.

Everything else works: hitherd, the probes on the node, the BGP session, the management network.
fra1 and ams1 have BIRD, nyc1 has FRR.
"""

import time

import daemon
import pytest
import topology
from way_out import DETECTED_SECONDS, wait_signal, way_out_cut

LAB_OUTSIDE = True
_BACK_SECONDS = 25


def wait_states(site, v4, v6, seconds=DETECTED_SECONDS):
    wanted = {"ipv4": v4, "ipv6": v6}
    daemon.wait_for(lambda: site.states() == wanted, seconds,
                    lambda: f"{site.name} {wanted}:\n{site.explain()}")


@pytest.mark.parametrize("name, client, other", [("fra1", "client1", "ams1"),
                                                 ("nyc1", "client2", "ams1")],
                         ids=["bird", "frr"])
def test_node_without_a_way_out_is_withdrawn_and_returns(lab, name, client, other):
    site = lab.sites[name]
    with lab.watch(topology.PREFIX_V4) as v4, lab.watch(topology.PREFIX_V6) as v6:
        with way_out_cut(lab, name):
            assert lab.clients[client].dig(seconds=0.3).site is None
            for routes in (v4, v6):
                routes.wait_gone(name, DETECTED_SECONDS)
            explained = site.explain()
            assert "hard-fault" in explained and "no answer leaves this node" in explained
            lab.wait_for_catchment({client: other}, 5)
            lab.wait_for_catchment({client: other}, 5, v6=True)
            states = {one: lab.sites[one].states() for one in lab.sites if one != name}
            assert all(state == {"ipv4": "UP", "ipv6": "UP"} for state in states.values()), states
            time.sleep(3)  # Longer than hold_down and rise.
            assert site.states() == {"ipv4": "DOWN", "ipv6": "DOWN"}
        lab.wait_for_catchment({client: name}, _BACK_SECONDS)
        lab.wait_for_catchment({client: name}, _BACK_SECONDS, v6=True)


def test_one_family_cut_leaves_the_other(lab):
    site = lab.sites["fra1"]
    with way_out_cut(lab, "fra1", families=("-4",)):
        wait_states(site, "DOWN", "UP")
        wait_signal(site, "hard", "ok")
        lab.wait_for_catchment({"client1": "ams1"}, 5)
        lab.wait_for_catchment({"client1": "fra1"}, 5, v6=True)


def test_restarted_sidecar_stays_away_while_nothing_leaves(lab):
    site = lab.sites["fra1"]
    with lab.watch() as routes, way_out_cut(lab, "fra1"):
        routes.wait_gone("fra1", DETECTED_SECONDS)
        site.sidecar.restart()
        restarted_at = time.monotonic()
        wait_signal(site, "hard", "hard")
        assert not [change for change in routes.changes
                    if change.at > restarted_at and "fra1" in change.view.sites]
        wait_states(site, "DOWN", "DOWN")


def test_default_route_lost_is_the_same_fault(lab):
    site = lab.sites["fra1"]
    at_router = topology.node_link("fra1").address_v4("fra1")
    site.configure_node([f"route del default via {at_router}"])
    try:
        wait_states(site, "DOWN", "UP")
        assert "Network is unreachable" in site.explain()
    finally:
        site.configure_node([f"route add default via {at_router}"])


def test_all_ways_out_cut_withdraws_nobody(lab):
    """Nobody hears anybody, so that nobody is a witness. What one has seen before the others were
    cut may be a reason for it, within the fleet's limit."""
    with way_out_cut(lab, *lab.sites):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            states = [site.states() for site in lab.sites.values()]
            for family in ("ipv4", "ipv6"):
                down = [one for one in states if one.get(family) == "DOWN"]
                assert len(down) <= 1, states
            time.sleep(0.5)
        assert any(site.states().get("ipv4") != "DOWN" for site in lab.sites.values())


def test_one_after_the_other_leaves_the_last(lab):
    first, second, last = (lab.sites[name] for name in ("fra1", "nyc1", "ams1"))
    with way_out_cut(lab, "fra1"):
        wait_states(first, "DOWN", "DOWN")
        with way_out_cut(lab, "nyc1"):
            time.sleep(10)
            # Two of three: the limit holds the second one. The first stays where it is, although
            # one of its two witnesses hears nobody now.
            assert first.states() == {"ipv4": "DOWN", "ipv6": "DOWN"}, first.explain()
            assert "DOWN" not in second.states().values(), second.explain()
            assert last.states() == {"ipv4": "UP", "ipv6": "UP"}, last.explain()


def test_management_cut_is_no_word_on_the_way_out(lab):
    """A peer whose page cannot be read is no witness."""
    site = lab.sites["fra1"]
    site.configure_node(["link set mgmt down"])
    try:
        time.sleep(9)
        assert site.states() == {"ipv4": "UP", "ipv6": "UP"}, site.explain()
    finally:
        site.configure_node(["link set mgmt up"])
