"""Backend `kernel`, mode `metric`, with FRR and the template frr-kernel.conf."""

import signal
import time

import pytest
from routing_lab import EXAMPLES, V4, V6, Frr, Lab, need, run, wait_until

UP = ("64496", 0, "")
SOFT = ("64496 64496 64496", 100, "")
DRAIN = ("64496 64496 64496 64496", 200, "(65535,0)")
LEASE = 3
SITE = (EXAMPLES / "frr-kernel.conf").read_text().replace(
    " neighbor 198.51.100.1 remote-as 64511\n",
    " neighbor 198.51.100.1 remote-as 64511\n"
    " neighbor 198.51.100.1 timers 1 3\n neighbor 198.51.100.1 timers connect 1\n"
    " neighbor 198.51.100.1 advertisement-interval 0\n")


@pytest.fixture(name="lab")
def fixture_lab():
    need("bird", "birdc", "ip", "vtysh", "zebra", "bgpd")
    with Lab() as lab:
        lab.bird_transit = lab.transit_bird()
        lab.frr = Frr(lab, lab.site, SITE)
        vtysh = ",".join(lab.frr.vtysh()[4:])  # The speaker is in the namespace already.
        lab.lab = lab.speaker("metric", f"--frr={vtysh}")
        yield lab


def expect(lab, route, seconds=10):
    def arrived():
        return all(lab.bird_transit.route(prefix) == route for prefix in (V4, V6))

    seen = [lab.bird_transit.route(prefix) for prefix in (V4, V6)]
    return wait_until(arrived, seconds, f"{route}; at the start {seen}")


def test_tiers_move_without_a_withdrawal(lab):
    lab.lab.want("UP")
    expect(lab, UP, 20)
    for state, route in (("SOFT", SOFT), ("DRAIN", DRAIN), ("UP", UP), ("DRAIN", DRAIN),
                         ("SOFT", SOFT), ("UP", UP)):
        lab.lab.want(state)
        took = expect(lab, route)
        print(f"{state} after {took:.2f} s")
        assert took < 2.0, (state, took)
    assert lab.bird_transit.changes("removed") == 0
    lab.lab.want("DOWN")
    expect(lab, None)
    assert lab.bird_transit.changes("removed") == 2


def test_renewals_are_no_bgp_events(lab):
    """The IPv6 route is replaced each second, for its new lifetime: nobody upstream hears of it."""
    lab.lab.want("UP")
    expect(lab, UP, 20)
    time.sleep(3)  # FRR says it all twice when a session is new.
    before = len(lab.bird_transit.log.read_text())
    time.sleep(5)
    assert lab.bird_transit.log.read_text()[before:] == ""
    assert lab.bird_transit.route(V6) == UP


@pytest.mark.parametrize("number", (signal.SIGKILL, signal.SIGSTOP))
def test_a_sidecar_that_is_gone_or_hangs_is_withdrawn(lab, number):
    lab.lab.want("UP")
    expect(lab, UP, 20)
    lab.lab.signal(number)
    took = expect(lab, None)
    print(f"withdrawn after {took:.2f} s")
    assert took <= LEASE + 1


def test_a_restart_of_frr_heals(lab):
    lab.lab.want("SOFT")
    expect(lab, SOFT, 20)
    lab.frr.stop()
    expect(lab, None)
    lab.frr.start()
    expect(lab, SOFT, 20)
    wait_until(lambda: lab.lab.readback(V4)[0] == "announced", 10, "read back")


def test_a_rejected_announcement_is_told(lab):
    lab.lab.want("UP")
    expect(lab, UP, 20)
    wait_until(lambda: lab.lab.readback(V6)[0] == "announced", 5, "read back")
    wait_until(lambda: lab.lab.see()["differences"] == [], 5, "no differences")
    configure = lab.frr.vtysh() + ["-c", "configure terminal", "-c", "router bgp 64496", "-c",
                                   "address-family ipv6 unicast", "-c"]
    run(*configure, "neighbor 198.51.100.1 route-map NOTHING out")
    told = f"{V6} at frr 198.51.100.1: wanted UP, seen absent"
    wait_until(lambda: lab.lab.see()["differences"] == [told], 10, told)
    run(*configure, "neighbor 198.51.100.1 route-map OURS out")
    wait_until(lambda: lab.lab.see()["differences"] == [], 10, "no differences")
