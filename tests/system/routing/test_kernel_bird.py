"""Backend `kernel`, mode `address`, with BIRD and the template bird-kernel.conf."""

import signal
import time

import pytest
from routing_lab import EXAMPLES, V4, V6, Lab, need, wait_until

UP = ("64496", 0, "")
SOFT = ("64496 64496 64496", 100, "")
DRAIN = ("64496 64496 64496 64496", 200, "(65535,0)")
LEASE = 3
SITE = (EXAMPLES / "bird-kernel.conf").read_text().replace(
    "graceful restart off;",
    "graceful restart off; hold time 3; connect delay time 1; connect retry time 1; "
    "error wait time 1, 1; error forget time 1;")


@pytest.fixture(name="lab")
def fixture_lab():
    need("bird", "birdc", "ip")
    with Lab() as lab:
        lab.bird_transit = lab.transit_bird()
        lab.bird_site = lab.bird("site", lab.site, SITE)
        lab.lab = lab.speaker("address", f"--bird={lab.bird_site.socket}")
        yield lab


def expect(lab, route, seconds=10):
    def arrived():
        return all(lab.bird_transit.route(prefix) == route for prefix in (V4, V6))

    seen = [lab.bird_transit.route(prefix) for prefix in (V4, V6)]
    return wait_until(arrived, seconds, f"{route}; at the start {seen}")


def test_nothing_is_announced_before_it_is_wanted(lab):
    wait_until(lambda: "Established" in lab.bird_transit.ask("show", "protocols"), 15, "session")
    time.sleep(1)
    assert lab.bird_transit.route(V4) is None and lab.bird_transit.route(V6) is None
    lab.lab.want("UP")
    expect(lab, UP)


def test_tiers_move_without_a_withdrawal(lab):
    lab.lab.want("UP")
    expect(lab, UP, 20)
    for state, route in (("SOFT", SOFT), ("DRAIN", DRAIN), ("UP", UP), ("DRAIN", DRAIN),
                         ("SOFT", SOFT), ("UP", UP)):
        lab.lab.want(state)
        took = expect(lab, route)
        assert took < 1.0, (state, took)
    assert lab.bird_transit.changes("removed") == 0
    lab.lab.want("DOWN")
    expect(lab, None)
    assert lab.bird_transit.changes("removed") == 2


def test_renewals_are_no_bgp_events(lab):
    lab.lab.want("UP")
    expect(lab, UP, 20)
    before = len(lab.bird_transit.log.read_text())
    time.sleep(4)
    assert len(lab.bird_transit.log.read_text()) == before
    assert lab.bird_transit.route(V4) == UP


@pytest.mark.parametrize("number", (signal.SIGKILL, signal.SIGSTOP))
def test_a_sidecar_that_is_gone_or_hangs_is_withdrawn(lab, number):
    lab.lab.want("UP")
    expect(lab, UP, 20)
    lab.lab.signal(number)
    took = expect(lab, None)
    print(f"withdrawn after {took:.2f} s")
    assert took <= LEASE + 1
    # While it is down nothing brings the route back.
    assert "econfigur" in lab.bird_site.ask("configure")
    time.sleep(1)
    assert lab.bird_transit.route(V4) is None
    if number == signal.SIGSTOP:
        lab.lab.signal(signal.SIGCONT)
        expect(lab, UP, 3)


def test_close_withdraws_at_once(lab):
    lab.lab.want("UP")
    expect(lab, UP, 20)
    lab.lab.process.stdin.write("close\n")
    lab.lab.process.stdin.flush()
    assert expect(lab, None) < 1.0
    assert lab.lab.process.wait(5) == 0


def test_one_family_alone(lab):
    lab.lab.want("UP")
    expect(lab, UP, 20)
    lab.lab.want(V6, "DOWN")
    wait_until(lambda: lab.bird_transit.route(V6) is None, 2, "IPv6 withdrawn")
    assert lab.bird_transit.route(V4) == UP


def test_a_restart_of_bird_heals(lab):
    lab.lab.want("SOFT")
    expect(lab, SOFT, 20)
    lab.bird_site.stop(kill=True)
    expect(lab, None)
    lab.bird_site.start()
    expect(lab, SOFT, 20)
    wait_until(lambda: lab.lab.readback(V4) == ("announced", "SOFT"), 10, "read back")


def test_read_back_tells_the_state(lab):
    for state, route in (("UP", UP), ("SOFT", SOFT), ("DRAIN", DRAIN)):
        lab.lab.want(state)
        expect(lab, route, 20)
        wait_until(lambda: lab.lab.readback(V4) == ("announced", state), 5, state)
        assert lab.lab.readback(V6) == ("announced", state)
    lab.lab.want("DOWN")
    wait_until(lambda: lab.lab.readback(V4) == ("absent", ""), 5, "absent")
    assert lab.lab.see()["differences"] == []


def test_a_rejected_announcement_is_told(lab):
    lab.lab.want("UP")
    expect(lab, UP, 20)
    text = lab.bird_site.file.read_text()
    lab.bird_site.file.write_text(text.replace("ipv4 { import none; export where hither_export()",
                                               "ipv4 { import none; export where false"))
    assert "econfigur" in lab.bird_site.ask("configure")
    told = f"{V4} at bird upstream: wanted UP, seen absent"
    wait_until(lambda: told in lab.lab.logged, 8, told)
    assert lab.lab.see()["differences"] == [told]
    lab.bird_site.file.write_text(text)
    lab.bird_site.ask("configure")
    again = f"{V4} at bird upstream: is as wanted again"
    wait_until(lambda: again in lab.lab.logged, 8, again)
    assert lab.lab.logged.count(told) == 1
