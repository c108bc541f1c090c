"""Roles, attributes and limits of one neighbor, and the words for what BIRD and FRR refuse."""

import re

import pytest

import lab
import routers

PROVIDER, RS, RS_CLIENT, CUSTOMER, PEER = range(5)  # RFC 9234 §4.1
EXPANDED = {"med": 7, "prepend": 1, "communities": [65001 << 16 | 9, 0xFFFFFF04],
            "large_communities": [[65001, 4, 5]]}
BOTH = [routers.Bird, routers.Frr]
IDS = [kind.__name__ for kind in BOTH]


def role_of(kind, role, strict=False):
    """The router with this role of its own."""
    class WithRole(kind):
        def start(self):
            super().start()

    if kind is routers.Bird:
        WithRole.more = f"local role {role};" + (" require roles;" if strict else "")
    else:
        WithRole.more = (f" neighbor {lab.SPEAKER[4]} local-role {role}"
                         + (" strict-mode" if strict else ""))
    return WithRole


def error_of(speaker):
    lab.until(lambda: speaker.session()["last_error"])
    return speaker.session()["last_error"]


def otc(router):
    """What the router shows of OTC: the AS, or None."""
    if isinstance(router, routers.Bird):
        found = re.search(r"BGP\.otc: (\d+)", router.ask("show", "route", "all"))
        return int(found[1]) if found else None
    found = re.search(r'"otc":(\d+)',
                      router.ask(f"show bgp ipv4 unicast {lab.PREFIXES[0]} json").replace(" ", ""))
    return int(found[1]) if found else None


@pytest.mark.parametrize("kind", BOTH, ids=IDS)
@pytest.mark.parametrize("theirs, ours", [("provider", CUSTOMER), ("rs-server", RS_CLIENT)])
def test_roles_that_fit(start_router, start_speaker, kind, theirs, ours):
    word = "rs_server" if theirs == "rs-server" and kind is routers.Bird else theirs
    start_router(role_of(kind, word, strict=True))
    speaker = start_speaker(lab.neighbor(role=ours, role_strict=True))
    speaker.wait_established()
    assert speaker.session()["resets"] == 0


@pytest.mark.parametrize("kind", BOTH, ids=IDS)
def test_roles_that_do_not_fit_are_said_with_both(start_router, start_speaker, kind):
    start_router(role_of(kind, "customer"))
    speaker = start_speaker(lab.neighbor(role=CUSTOMER))
    error = error_of(speaker)
    assert "OPEN Message Error, Role Mismatch" in error
    assert "this host's role is customer" in error and "customer and provider" in error
    assert speaker.session()["state"] != "Established"


@pytest.mark.parametrize("kind", BOTH, ids=IDS)
def test_a_neighbor_that_requires_a_role_is_named(start_router, start_speaker, kind):
    start_router(role_of(kind, "provider", strict=True))
    speaker = start_speaker(lab.neighbor())
    error = error_of(speaker)
    assert "this host has no role" in error and "the neighbor requires one: set role:" in error


def test_a_strict_role_needs_one_of_theirs(start_router, start_speaker):
    start_router(routers.Bird)
    speaker = start_speaker(lab.neighbor(role=CUSTOMER, role_strict=True))
    error = error_of(speaker)
    assert error.startswith("NOTIFICATION sent: OPEN Message Error, Role Mismatch")
    assert "the neighbor has none" in error


@pytest.mark.parametrize("kind", BOTH, ids=IDS)
@pytest.mark.parametrize("ours, mark", [(PROVIDER, lab.SPEAKER_AS), (PEER, lab.SPEAKER_AS),
                                        (CUSTOMER, None)])
def test_only_to_customer(start_router, start_speaker, kind, ours, mark):
    """A router without a role adds no OTC of its own: what it shows is ours."""
    router = start_router(kind)
    speaker = start_speaker(lab.neighbor(role=ours))
    speaker.wait_established()
    lab.until(lambda: sorted(router.routes()) == sorted(lab.PREFIXES))
    assert otc(router) == mark


def test_a_provider_takes_the_path(start_router, start_speaker):
    """RFC 9234 §5: we send no OTC to a provider, which would mean a leak there."""
    router = start_router(role_of(routers.Bird, "provider"))
    speaker = start_speaker(lab.neighbor(role=CUSTOMER))
    speaker.wait_established()
    lab.until(lambda: sorted(router.routes()) == sorted(lab.PREFIXES))
    assert otc(router) is None


@pytest.mark.parametrize("kind", BOTH, ids=IDS)
def test_attributes_of_a_neighbor_are_added(start_router, start_speaker, kind):
    router = start_router(kind)
    speaker = start_speaker(lab.neighbor(attributes=EXPANDED), soft={"med": 100, "prepend": 2})
    speaker.wait_established()

    def heard(path, med):
        routes = router.routes()
        return sorted(routes) == sorted(lab.PREFIXES) and all(
            route["path"] == path and route["med"] == med and len(route["communities"]) == 2 and
            "65001:9" in route["communities"] and route["large"] == {"65001:4:5"}
            for route in routes.values())
    lab.until(lambda: heard([65001] * 2, 7))
    speaker.say("soft")
    lab.until(lambda: heard([65001] * 4, 107))
    assert speaker.session()["resets"] == 0


@pytest.mark.parametrize("kind", BOTH, ids=IDS)
def test_local_pref_within_our_as(start_router, start_speaker, kind):
    router = start_router(kind, internal=True)
    speaker = start_speaker({"address": lab.ROUTER[4], "as": lab.SPEAKER_AS,
                             "attributes": {"local_pref": 200}}, soft={"prepend": 2})
    speaker.wait_established()
    lab.until(lambda: {r["local_pref"] for r in router.routes().values()} == {200})
    speaker.say("soft")
    lab.until(lambda: {r["local_pref"] for r in router.routes().values()} == {198})


@pytest.mark.parametrize("kind", BOTH, ids=IDS)
def test_prefixes_of_a_neighbor(start_router, start_speaker, kind):
    router = start_router(kind)
    speaker = start_speaker(lab.neighbor(prefixes=lab.PREFIXES[:1]))
    speaker.wait_established()
    lab.until(lambda: sorted(router.routes()) == lab.PREFIXES[:1])
    assert [each["prefix"] for each in speaker.observe()["seen"]] == lab.PREFIXES[:1]
    assert speaker.session()["rejected"] == []


def test_a_device_that_is_not_there_is_named(start_router, start_speaker):
    start_router(routers.Bird)
    speaker = start_speaker(lab.neighbor(device="nowhere0"))
    assert "cannot bind to device nowhere0: No such device; create it" in error_of(speaker)


@pytest.mark.parametrize("kind", BOTH, ids=IDS)
def test_through_a_vrf(net, start_router, start_speaker, kind):
    """In a VRF's table the neighbor is reached only by a socket bound to the VRF."""
    made = lab.run("ip", "-n", net.speaker, "link", "add", "vrf-edge", "type", "vrf",
                   "table", "77", check=False)
    if "vrf-edge" not in lab.run("ip", "-n", net.speaker, "link", "show"):
        pytest.skip(f"this kernel has no VRF: {made}")
    lab.run("ip", "-n", net.speaker, "link", "set", "vrf-edge", "up")
    lab.run("ip", "-n", net.speaker, "link", "set", "up0", "master", "vrf-edge")
    lab.run("ip", "-n", net.speaker, "addr", "replace", lab.SPEAKER[6] + "/64", "dev", "up0",
            "nodad")
    router = start_router(kind, password="s3cret")
    speaker = start_speaker(lab.neighbor(password="s3cret", device="vrf-edge"))
    speaker.wait_established()
    lab.until(lambda: sorted(router.routes()) == sorted(lab.PREFIXES))


def test_through_a_device(start_router, start_speaker):
    router = start_router(routers.Bird)
    speaker = start_speaker(lab.neighbor(device="up0"))
    speaker.wait_established()
    lab.until(lambda: sorted(router.routes()) == sorted(lab.PREFIXES))


@pytest.mark.parametrize("theirs, ours", [("s3cret", ""), ("", "s3cret")])
def test_a_password_on_one_side_only_is_suspected(start_router, start_speaker, theirs, ours):
    start_router(routers.Bird, password=theirs)
    speaker = start_speaker(lab.neighbor(password=ours))
    error = error_of(speaker)
    assert "nothing answers" in error and "TCP MD5 password" in error


def test_a_hold_time_that_is_too_short_is_said_in_words(start_router, start_speaker):
    class SlowFrr(routers.Frr):
        more = " bgp minimum-holdtime 20"

    start_router(SlowFrr)
    speaker = start_speaker(lab.neighbor())
    error = error_of(speaker)
    assert "Unacceptable Hold Time" in error and "hold_time here is 3 s" in error
    assert "raise hold_time of this neighbor" in error


def test_nobody_who_listens_is_named(net, start_speaker):
    speaker = start_speaker(lab.neighbor())
    assert "Connection refused; no BGP daemon accepts connections" in error_of(speaker)
