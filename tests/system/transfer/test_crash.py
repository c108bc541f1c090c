"""A secondary that is killed again and again, or whose disk is full: it serves what it had
published, and never a version that its primary did not have."""

import os
import random
import resource
import shutil
import signal
import threading
import time

import pytest
import updated_bind
from secondary import Secondary

_IS_LONG = bool(os.environ.get("HITHER_LONG"))
_KILLS = 500 if _IS_LONG else 10
_SIZES = {"small.example.": 5, "medium.example.": 1_000, "large.example.": 10_000}
_WIPE_EACH = 25  # So often it starts with nothing, and is killed while it transfers whole zones.
_ALONE_EACH = 5  # And so often while its primary hangs: what it serves is from the disk.


class _Watcher:
    """Asks for the serials all the time, as clients would, and keeps the highest."""

    def __init__(self, site, origins):
        self._site, self._origins = site, origins
        self.highest = dict.fromkeys(origins, 0)
        self._went_back = []
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self):
        while not self._is_ending.is_set():
            for origin in self._origins:
                serial = _serial(self._site, origin)
                if serial is None:
                    continue
                if serial < self.highest[origin]:
                    self._went_back.append((origin, self.highest[origin], serial))
                self.highest[origin] = serial

    def end(self):
        self._is_ending.set()
        self._thread.join()
        assert not self._went_back
        return self.highest


def _serial(site, origin):
    try:
        return site.serial(origin)
    except OSError:  # Nobody listens.
        return None


@pytest.fixture
def bind(make_folder):
    if not all(map(shutil.which, updated_bind.UpdatedBind.programs)):
        pytest.skip("named is not installed")
    primary = None
    site = Secondary(make_folder("secondary"))
    primary = updated_bind.UpdatedBind(make_folder("bind"), _SIZES,
                                       notify=(site.address, site.port))
    primary.site = site.follow_all(primary, primary.origins)
    try:
        primary.start()
        yield primary
    finally:
        primary.stop()
        assert site.stop() == 0


def _held(site, origin, label):
    answer = site.answer("A", f"{label}.{origin}")
    return ".".join(map(str, answer.answer[0].rdata)) if answer.answer else None


def _assert_is_a_version(site, origin, tries=20, names=12):
    """What it serves is just the content of its serial; between two questions it may change."""
    for _ in range(tries):
        serial = _serial(site, origin)
        if serial is None:
            return None
        wanted = updated_bind.content(serial)
        labels = random.sample(sorted(wanted), min(names, len(wanted))) + ["version"]
        held = {label: _held(site, origin, label) for label in labels}
        if _serial(site, origin) == serial:
            assert held == {label: wanted[label] for label in labels}, (origin, serial)
            return serial
    return None


def _wait_for_a_write(site, seconds):
    def size():
        try:
            return sum(entry.stat().st_size for entry in os.scandir(site.folder / "state"))
        except FileNotFoundError:  # Compaction has deleted one.
            return -1

    before, deadline = size(), time.monotonic() + seconds
    while size() == before and time.monotonic() < deadline:
        pass


def _start_and_check(bind, number, published, seed):
    """Starts it, and checks that nothing that was published is lost."""
    site = bind.site
    is_alone = number % _ALONE_EACH == 0 and all(published.values())
    if is_alone:
        bind.process.send_signal(signal.SIGSTOP)
    site.start()
    deadline = time.monotonic() + 30
    waiting = dict(published)
    while waiting and time.monotonic() < deadline:
        for origin, least in list(waiting.items()):
            serial = _serial(site, origin)
            if least == 0 or serial is not None:
                assert least == 0 or serial >= least, (seed, number, origin, serial, least)
                del waiting[origin]
    assert not waiting, (seed, number, waiting, site.server.log()[-2000:])
    if is_alone:
        try:
            for origin in published:
                assert _assert_is_a_version(site, origin, names=99) >= published[origin], seed
        finally:
            bind.process.send_signal(signal.SIGCONT)


def test_kills_at_random_moments(bind):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    site, published = bind.site, dict.fromkeys(bind.origins, 0)
    compared = 0
    with bind.updating():
        for number in range(1, _KILLS + 1):
            if number % _WIPE_EACH == 0:
                shutil.rmtree(site.folder / "state")
                published = dict.fromkeys(bind.origins, 0)
            _start_and_check(bind, number, published, seed)
            watcher = _Watcher(site, bind.origins)
            time.sleep(chance.uniform(0, 0.4))
            if chance.random() < 0.2:
                compared += sum(_assert_is_a_version(site, origin) is not None
                                for origin in bind.origins)
            if chance.random() < 0.5:
                _wait_for_a_write(site, 1)
                time.sleep(chance.choice([0, 0, 0.001, 0.01, 0.05]))
            site.kill()
            seen = watcher.end()
            published = {origin: max(seen[origin], least) for origin, least in published.items()}
            assert all(published[origin] <= bind.serial_of(origin) for origin in bind.origins)
    assert not _IS_LONG or compared > _KILLS / 10
    site.start()
    for origin in bind.origins:
        site.wait(f"{origin} has caught up",
                   lambda origin=origin: _serial(site, origin) == bind.serial_of(origin), 60)
        assert _assert_is_a_version(site, origin) == bind.serial_of(origin)


def test_full_disk(bind):
    """It answers, says so once, publishes nothing that is not on the disk, and recovers."""
    site, origin = bind.site, "small.example."
    site.start()
    site.wait_for_serial(1)
    resource.prlimit(site.server.pid, resource.RLIMIT_FSIZE, (0, -1))
    for _ in range(3):
        bind.update(origin)
    site.wait("it says so", lambda: site.metric("hither_zone_log_ok") == 0)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        assert site.serial(origin) == 1
    site.kill()
    site.start()
    assert _serial(site, origin) >= 1
    site.wait("it has caught up", lambda: _serial(site, origin) == bind.serial_of(origin))
    resource.prlimit(site.server.pid, resource.RLIMIT_FSIZE, (0, -1))
    bind.update(origin)
    site.wait("it says so", lambda: site.metric("hither_zone_log_ok") == 0)
    resource.prlimit(site.server.pid, resource.RLIMIT_FSIZE, (-1, -1))
    site.wait("it has caught up", lambda: _serial(site, origin) == bind.serial_of(origin), 90)
    site.wait("it says so", lambda: site.metric("hither_zone_log_ok") == 1)
    assert _assert_is_a_version(site, origin) == bind.serial_of(origin)
