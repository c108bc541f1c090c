"""What BIRD, FRR, GoBGP and ExaBGP hear from the built-in speaker, with MD5 and GTSM on."""

import re

import pytest

import lab
import routers

SOFT = {"med": 100, "prepend": 2, "communities": [65001 << 16 | 101],
        "large_communities": [[4200000001, 1, 2], [65001, 0, 7]]}
DRAIN = {"med": 200, "prepend": 3, "communities": [0xFFFF0000]}
SECRET = "s3cret"

# Over IPv6 the two whose kernel code for MD5 and GTSM operators use most.
EACH = [(routers.Bird, 4), (routers.Frr, 4), (routers.GoBgp, 4), (routers.ExaBgp, 4),
        (routers.Bird, 6), (routers.Frr, 6)]


def expect(router, path, med, communities=(), large=()):
    """Waits until both prefixes are heard with exactly this."""
    def heard():
        routes = router.routes()
        return sorted(routes) == sorted(lab.PREFIXES) and all(
            route["path"] == path and (route["med"] or 0) == med and
            route["communities"] == set(communities) and route["large"] == set(large)
            for route in routes.values())
    try:
        lab.until(heard)
    except AssertionError:
        pytest.fail(f"heard {router.routes()}\n{router.log()[-3000:]}")


@pytest.mark.parametrize("kind, transport", EACH,
                         ids=[f"{kind.__name__}-v{transport}" for kind, transport in EACH])
def test_tiers(start_router, start_speaker, kind, transport):
    router = start_router(kind, transport=transport, password=SECRET, gtsm=True)
    speaker = start_speaker(lab.neighbor(transport, password=SECRET, ttl_security=True),
                            soft=SOFT, drain=DRAIN)
    speaker.wait_established()
    expect(router, [65001], 0)
    hops = {prefix: route["next_hop"] for prefix, route in router.routes().items()}
    assert hops == {lab.PREFIXES[0]: lab.SPEAKER[4], lab.PREFIXES[1]: lab.SPEAKER[6]}

    speaker.say("soft")
    expect(router, [65001] * 3, 100, {"65001:101"}, {"4200000001:1:2", "65001:0:7"})
    speaker.say("drain")
    expect(router, [65001] * 4, 200, {"65535:0"})
    speaker.say("up")
    expect(router, [65001], 0)
    if kind is routers.Bird:
        assert "removed" not in router.log()  # Each change was a replacement.
    speaker.say("down")
    lab.until(lambda: router.routes() == {})
    assert speaker.session()["state"] == "Established"
    assert [each["announced"] for each in speaker.observe()["seen"]] == [False, False]
    speaker.say("up")
    expect(router, [65001], 0)
    assert speaker.session()["resets"] == 0

    speaker.say("stop disk r\u00e9placed")
    speaker.process.wait(5)
    assert speaker.process.returncode == 0
    lab.until(lambda: router.routes() == {})
    if kind is not routers.ExaBgp:  # Which takes the text and does not show it.
        lab.until(lambda: "disk r" in router.log())


@pytest.mark.parametrize("kind", [routers.Bird, routers.Frr], ids=["Bird", "Frr"])
def test_within_our_as_soft_is_no_withdrawal(start_router, start_speaker, kind):
    router = start_router(kind, internal=True)
    speaker = start_speaker({"address": lab.ROUTER[4], "as": lab.SPEAKER_AS}, soft=SOFT)
    speaker.wait_established()
    expect(router, [], 0)
    speaker.say("soft")
    expect(router, [], 100, {"65001:101"}, {"4200000001:1:2", "65001:0:7"})
    assert {route["local_pref"] for route in router.routes().values()} == {98}


class OldBird(routers.Bird):
    more = "enable as4 off;"  # AS numbers in two octets (RFC 6793 §4.2.2).


def test_a_neighbor_with_two_octet_as_numbers(start_router, start_speaker):
    router = start_router(OldBird)
    speaker = start_speaker(lab.neighbor(), soft=SOFT)
    speaker.wait_established()
    expect(router, [65001], 0)
    shown = router.ask("show", "protocols", "all", "hither")
    assert re.search(r"Session: +(.*)", shown)[1] == "external", shown  # And not "external AS4".
    speaker.say("soft")
    expect(router, [65001] * 3, 100, {"65001:101"}, {"4200000001:1:2", "65001:0:7"})


class FarBird(routers.Bird):
    more = "multihop 3;"

    def start(self):
        self.namespace, self.local = self.net.add_far(), lab.FAR
        super().start()


@pytest.mark.parametrize("hops", [0, 2])
def test_a_neighbor_behind_a_router_needs_multihop(start_router, start_speaker, hops):
    router = start_router(FarBird)
    speaker = start_speaker({"address": lab.FAR, "as": lab.ROUTER_AS, "multihop": hops})
    if hops:
        speaker.wait_established()
        expect(router, [65001], 0)
    else:
        lab.until(lambda: speaker.session()["last_error"])
        assert router.routes() == {} and speaker.session()["state"] != "Established"


def test_a_wrong_password_makes_no_session(start_router, start_speaker):
    start_router(routers.Bird, password=SECRET)
    speaker = start_speaker(lab.neighbor(password="another"))
    lab.until(lambda: speaker.session()["last_error"])
    # Our clock or the kernel's (TCP_USER_TIMEOUT), whichever looks first.
    error = speaker.session()["last_error"]
    assert error.startswith(("no connection within 3 s; ",
                             f"connect to {lab.ROUTER[4]}:179: Connection timed out; "))
    assert "it has the same TCP MD5 password for this host" in error
    assert not any(each["announced"] for each in speaker.observe()["seen"])


def test_a_refresh_is_answered(start_router, start_speaker):
    router = start_router(routers.Bird)
    speaker = start_speaker(lab.neighbor())
    speaker.wait_established()
    expect(router, [65001], 0)
    before = router.log().count("Got UPDATE")
    router.ask("reload", "in", "hither")
    lab.until(lambda: router.log().count("Got UPDATE") >= before + 2)
    assert speaker.session()["resets"] == 0


def test_a_family_that_is_not_offered_is_rejected_in_words(start_router, start_speaker):
    router = start_router(routers.Bird)
    config = router.folder / "bird.conf"
    config.write_text(config.read_text().replace("ipv6 { import all; export none; };", ""))
    router.ask("configure")
    speaker = start_speaker(lab.neighbor())
    speaker.wait_established()
    assert speaker.session()["rejected"] == ["IPv6: the neighbor did not negotiate this family"]
    seen = {each["prefix"]: each for each in speaker.observe()["seen"]}
    assert seen[lab.PREFIXES[0]]["announced"] and not seen[lab.PREFIXES[1]]["announced"]
