"""Every template of examples/routing as it runs: with an upstream that is established, and with
hither-anycast configured as README.md and PRODUCTION.md show it. Only paths are changed."""

import concurrent.futures
import re

import pytest
from routing_lab import V4, V6, need
from template_lab import COVERING, TemplateLab, head_of, production, readme

# Path, MED and communities at the upstream: the AS of the router and no other.
UP = ("64496", 0, "")
SOFT = ("64496 64496 64496", 100, "")
DRAIN = ("64496 64496 64496 64496", 200, "(65535,0)")


def bgp_on_one_host():
    return re.search(r"  bgp:(?:.*\n){2}", head_of("bird-neighbor.conf")).group(0)


def kernel(name):
    return re.search(r"  kernel:.*\n", head_of(name)).group(0)


def read_back(router):
    if hasattr(router, "socket"):
        return f'{{ bird: "{router.socket}", bird_protocol: upstream }}'
    return f'{{ frr: [vtysh, --vty_socket, "{router.folder}"] }}'


# has_router, the router, hither.yaml.
CASES = {
    "bird-neighbor, one host": (
        False, lambda lab: lab.bird_router("bird-neighbor.conf", ["bird-covering.conf"]),
        lambda: readme(bgp_on_one_host())),
    "bird-neighbor, two hosts": (
        True, lambda lab: lab.bird_router("bird-neighbor.conf",
                                          ["bird-covering.conf", "bird-forward.conf"]), readme),
    "frr-neighbor, two hosts": (
        True, lambda lab: lab.frr_router("frr-neighbor.conf", "frr-covering.conf"), production),
    "bird-kernel": (
        False, lambda lab: lab.bird_router("bird-kernel.conf", ["bird-covering.conf"]),
        lambda: readme(kernel("bird-kernel.conf"))),
    "frr-kernel": (
        False, lambda lab: lab.frr_router("frr-kernel.conf", "frr-covering.conf"),
        lambda: readme(kernel("frr-kernel.conf"))),
}


def run_case(case):
    has_router, start_router, config = case
    with TemplateLab(has_router) as lab:
        router = start_router(lab)
        lab.start_node(config(), read_back(router))
        seen, told, answer = lab.tell_states()
        return seen, told, answer, [lab.upstream.route(prefix) for prefix in COVERING]


@pytest.fixture(scope="module", name="ran")
def fixture_ran():
    """All of them side by side: each waits most of its time."""
    need("bird", "birdc", "ip", "dig", "vtysh", "zebra", "bgpd")
    with concurrent.futures.ThreadPoolExecutor(len(CASES)) as pool:
        return {name: pool.submit(run_case, case) for name, case in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_the_upstream_sees_each_state(ran, name):
    seen, told, answer, covering = ran[name].result()
    for prefix in (V4, V6):  # Warm-up is SOFT. Nothing of another kind passes in between.
        history = [route for route in seen[prefix] if route is not None]
        assert history == [SOFT, UP, DRAIN], (prefix, seen[prefix])
        assert seen[prefix][-1] is None
    assert [route[0] for route in covering] == ["64496", "64496"], "Withdrawn, but covered."
    assert answer == '"ns2.fra1"\n', "A query passes the router."
    assert sorted(set(told)) == [(V4, "UP"), (V6, "UP")], "The sidecar sees it, too."
