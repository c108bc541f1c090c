"""The session is the lease: what ends the routes, and how soon. Prints what it measured (-s)."""

import signal

import pytest

import lab
import routers

KINDS = [routers.Bird, routers.Frr]


def established(start_router, start_speaker, kind):
    router = start_router(kind)
    speaker = start_speaker(lab.neighbor())
    speaker.wait_established()
    lab.until(lambda: len(router.routes()) == 2)
    return router, speaker


def gone(router, seconds):
    _, took = lab.until(lambda: router.routes() == {}, seconds, every=0.005)
    return took


@pytest.mark.parametrize("kind", KINDS, ids=["Bird", "Frr"])
def test_killed(start_router, start_speaker, kind):
    router, speaker = established(start_router, start_speaker, kind)
    speaker.kill()
    took = gone(router, 2)
    print(f"{kind.__name__}: gone {took * 1000:.0f} ms after SIGKILL")
    assert took <= 0.2


@pytest.mark.parametrize("kind", KINDS, ids=["Bird", "Frr"])
def test_stopped_and_continued(start_router, start_speaker, kind):
    router, speaker = established(start_router, start_speaker, kind)
    speaker.signal(signal.SIGSTOP)
    took = gone(router, 8)
    print(f"{kind.__name__}: gone {took:.1f} s after SIGSTOP")
    assert took <= 3 + 3
    speaker.signal(signal.SIGCONT)  # Heals by itself.
    lab.until(lambda: len(router.routes()) == 2, 20)
    assert speaker.session()["resets"] == 1


def test_a_verdict_that_is_not_renewed(start_router, start_speaker):
    router, speaker = established(start_router, start_speaker, routers.Bird)
    speaker.say("hang")
    took = gone(router, 10)
    print(f"Bird: gone {took:.1f} s after the last verdict, whose lease is 2 s")
    assert took <= 2 + 3 + 3
    speaker.say("renew")
    lab.until(lambda: len(router.routes()) == 2, 20)


@pytest.mark.parametrize("kind", KINDS, ids=["Bird", "Frr"])
def test_a_router_that_restarts(start_router, start_speaker, kind):
    router, speaker = established(start_router, start_speaker, kind)
    router.stop()
    lab.until(lambda: speaker.session()["state"] != "Established")
    assert not any(each["announced"] for each in speaker.observe()["seen"])
    for path in ("ctl", "bgpd.vty"):
        (router.folder / path).unlink(missing_ok=True)
    router.start()
    _, took = lab.until(lambda: len(router.routes()) == 2, 20)
    print(f"{kind.__name__}: back {took:.1f} s after its restart")
    assert speaker.session()["resets"] == 1


def test_a_reset_from_the_router(start_router, start_speaker):
    router, speaker = established(start_router, start_speaker, routers.Bird)
    router.ask("disable", "hither", '"cable work"')
    lab.until(lambda: "cable work" in speaker.session()["last_error"])
    router.ask("enable", "hither")
    lab.until(lambda: len(router.routes()) == 2, 20)
