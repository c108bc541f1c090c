"""The template bird-neighbor.conf: what it takes from a speaker on this host, and what it makes of
it. The speaker is another BIRD here; tests of our own are with the speaker."""

import pytest
from routing_lab import EXAMPLES, V4, V6, Lab, need, run, wait_until

ROUTER = (EXAMPLES / "bird-neighbor.conf").read_text().replace(
    "  graceful restart off;\n  ipv4 { import none;",
    "  graceful restart off; connect delay time 1; strict bind yes;\n"
    "  ipv4 { import none;").replace(
    "ipv6 { import none; export where hither_export(); next hop self; }",
    "ipv6 { import none; export where hither_export(); next hop address fd00:100::2; }")

SPEAKER = """
router id 10.255.0.2;
protocol device { }
protocol static s4 { ipv4; route 192.0.2.0/24 blackhole; route 203.0.113.0/24 blackhole; }
protocol static s6 { ipv6; route 2001:db8::/48 blackhole; route 2001:db8:1::/48 blackhole; }
protocol bgp to_router {
  local 10.255.0.2 as 64513;
  neighbor 10.255.0.1 as 64512;
  multihop; strict bind yes; hold time 3; connect delay time 1; connect retry time 1;
  ipv4 { import all; export filter { %s accept; }; };
  ipv6 { import all; export filter { %s accept; }; next hop address 2001:db8:ffff::2; };
}
"""
STATES = {
    "UP": ("", ("64512", 0, "")),
    "SOFT": ("bgp_community.add((64512,101)); bgp_path.prepend(64513);",
             ("64512 64512 64512", 100, "(64512,101)")),
    "DRAIN": ("bgp_community.add((64512,102)); bgp_community.add((65535,0));",
              ("64512 64512 64512 64512", 200, "(64512,102) (65535,0)")),
}


@pytest.fixture(name="lab")
def fixture_lab():
    need("bird", "birdc", "ip")
    with Lab() as lab:
        for last in (1, 2):
            run("ip", "-n", lab.site, "address", "add", f"10.255.0.{last}/32", "dev", "lo")
        lab.bird_transit = lab.transit_bird()
        lab.router = lab.bird("router", lab.site, ROUTER)
        yield lab


def test_states_become_attributes_and_only_ours_pass(lab):
    speaker = None
    for state, (filter_text, route) in STATES.items():
        if speaker is not None:
            speaker.stop(kill=True)
        speaker = lab.bird("speaker", lab.site, SPEAKER % (filter_text, filter_text))
        for prefix in (V4, V6):
            wait_until(lambda p=prefix, r=route: lab.bird_transit.route(p) == r, 20,
                       (state, prefix, route))
        for prefix in ("203.0.113.0/24", "2001:db8:1::/48"):
            assert lab.bird_transit.route(prefix) is None, prefix
    told = speaker.ask("show", "protocols", "all", "to_router")
    assert "0 imported" in told, "Nothing goes back."


def test_a_dead_speaker_is_withdrawn_at_once_and_comes_back(lab):
    speaker = lab.bird("speaker", lab.site, SPEAKER % ("", ""))
    wait_until(lambda: lab.bird_transit.route(V4) is not None, 20, "announced")
    speaker.stop(kill=True)
    took = wait_until(lambda: lab.bird_transit.route(V4) is None, 5, "withdrawn")
    print(f"withdrawn after {took:.2f} s")
    assert took < 1.0
    speaker.start()
    wait_until(lambda: lab.bird_transit.route(V4) is not None, 15, "announced again")
