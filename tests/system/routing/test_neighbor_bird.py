"""The template bird-neighbor.conf: what it takes from a speaker on this host, and what it makes of
it. The speaker is another BIRD here, on another host; test_running_templates.py has ours."""

import pytest
from routing_lab import V4, V6, need, wait_until
from template_lab import TemplateLab

SPEAKER = """
router id 10.0.0.2;
protocol device { }
protocol static s4 { ipv4; route 192.0.2.0/24 blackhole; route 203.0.113.0/24 blackhole; }
protocol static s6 { ipv6; route 2001:db8::/48 blackhole; route 2001:db8:1::/48 blackhole; }
protocol bgp to_router {
  local 10.0.0.2 as 64512;
  neighbor 10.0.0.1 as 64496;
  multihop; strict bind yes; hold time 3; connect delay time 1; connect retry time 1;
  ipv4 { import all; export filter { %s accept; }; };
  ipv6 { import all; export filter { %s accept; }; next hop address fd00:1::2; };
}
"""
OWN = "bgp_community.add((64512,1)); bgp_large_community.add((64512,1,2)); "  # Stay here.
STATES = {
    "UP": (OWN, ("64496", 0, "")),
    "SOFT": (OWN + "bgp_med = 100; " + "bgp_path.prepend(64512); " * 2,
             ("64496 64496 64496", 100, "")),
    "DRAIN": (OWN + "bgp_med = 200; bgp_community.add((65535,0)); " +
              "bgp_path.prepend(64512); " * 3,
              ("64496 64496 64496 64496", 200, "(65535,0)")),
    "MORE": ("bgp_med = 7; bgp_community.add((3356,70));" + "bgp_path.prepend(64512); " * 4,
             (" ".join(["64496"] * 5), 7, "(3356,70)")),
}


@pytest.fixture(name="lab")
def fixture_lab():
    need("bird", "birdc", "ip")
    with TemplateLab(has_router=True) as lab:
        lab.router = lab.bird_router("bird-neighbor.conf", ["bird-forward.conf"])
        yield lab


def test_states_become_attributes_and_only_ours_pass(lab):
    speaker = None
    for state, (filter_text, route) in STATES.items():
        if speaker is not None:
            speaker.stop(kill=True)
        speaker = lab.bird("speaker", lab.node, SPEAKER % (filter_text, filter_text))
        for prefix in (V4, V6):
            wait_until(lambda p=prefix, r=route: lab.upstream.route(p) == r, 20,
                       (state, prefix, route))
        for prefix in ("203.0.113.0/24", "2001:db8:1::/48"):
            assert lab.upstream.route(prefix) is None, prefix
    told = speaker.ask("show", "protocols", "all", "to_router")
    assert "0 imported" in told, "Nothing goes back."


def test_a_dead_speaker_is_withdrawn_at_once_and_comes_back(lab):
    speaker = lab.bird("speaker", lab.node, SPEAKER % ("", ""))
    wait_until(lambda: lab.upstream.route(V4) is not None, 20, "announced")
    speaker.stop(kill=True)
    took = wait_until(lambda: lab.upstream.route(V4) is None, 5, "withdrawn")
    print(f"withdrawn after {took:.2f} s")
    assert took < 1.0
    speaker.start()
    wait_until(lambda: lab.upstream.route(V4) is not None, 15, "announced again")
