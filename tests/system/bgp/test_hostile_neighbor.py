"""Twelve hostile neighbors at full speed beside an honest one: the speaker lives, does not grow,
answers, and the honest session never notices. HITHER_HOSTILE_SECONDS (10) says how long."""

import os
import pathlib
import random
import subprocess
import sys
import time

import lab
import routers

SECONDS = int(os.environ.get("HITHER_HOSTILE_SECONDS", "10"))
FIRST_PORT, COUNT = 1790, 12
GROWTH_KIB_MAX = 4096  # An allocator's whims; a leak of one octet in ten received would be more.


def test_hostile_neighbors(net, start_router, start_speaker):
    honest = start_router(routers.Bird)
    seed = random.randrange(1 << 30)
    hostile = net.start(net.router, [
        sys.executable, pathlib.Path(__file__).parent / "hostile.py", lab.ROUTER[4], FIRST_PORT,
        COUNT, SECONDS, seed], honest.folder / "hostile", stdout=subprocess.PIPE)
    ports = [lab.neighbor() | {"address": f"{lab.ROUTER[4]}:{FIRST_PORT + i}"}
             for i in range(COUNT)]
    speaker = start_speaker(lab.neighbor(), *ports)
    speaker.wait_established()
    time.sleep(SECONDS / 4)
    before, slowest = speaker.memory_kib(), 0.0
    while hostile.poll() is None:
        start = time.monotonic()
        assert speaker.process.poll() is None, f"it crashed; seed {seed}"
        seen = speaker.observe()
        slowest = max(slowest, time.monotonic() - start)
        time.sleep(0.2)
    after = speaker.memory_kib()
    print(hostile.stdout.read().decode(), f"RSS {before} -> {after} KiB, slowest answer "
          f"{slowest * 1000:.0f} ms, UPDATEs {seen['updates_received']}, "
          f"malformed {seen['malformed_updates']}", speaker.observe()["sessions"][1]["last_error"])
    assert seen["malformed_updates"] > 1000  # The flood did reach it.
    assert after - before < GROWTH_KIB_MAX, f"seed {seed}"
    assert slowest < 3.0, "as long as a hold time"
    session = speaker.session()
    assert (session["state"], session["resets"]) == ("Established", 0)
    speaker.say("stop")
    assert speaker.process.wait(5) == 0, speaker.log.read_text()[-3000:]  # Nor does ASan complain.
