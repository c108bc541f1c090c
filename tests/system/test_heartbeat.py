"""The heartbeat page that hitherd writes, read as another process would: by its octets and lock."""

import fcntl
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time

import pytest
import servers
import wire

# daemon/heartbeat/heartbeat_layout.h
_MAGIC, _VERSION = b"Hitrbeat", 2
_CONTROL_AT, _WORKERS_AT, _ZONES_HEAD_AT, _ZONES_AT = 4096, 4160, 20544, 20608
_ZONE_BYTES = 320
_LOADED, _STALE, _EXPIRED = 1, 2, 4
_F_OFD_GETLK, _F_OFD_SETLKW = 36, 38
_EXPIRE_SECONDS = 2


class Page:
    def __init__(self, path):
        self._file = open(path, "rb", buffering=0)

    def _read(self, layout, at):
        return struct.unpack(layout, os.pread(self._file.fileno(), struct.calcsize(layout), at))

    def header(self):
        magic, version, size, workers, zones_max, pid = self._read("=8sIIIIq", 0)
        return {"magic": magic, "version": version, "bytes": size, "workers": workers, "pid": pid}

    def worker(self, number=0):
        names = ("last_turn", "queries", "answered", "servfail", "dropped", "unsent")
        return dict(zip(names, self._read("=qQQQQQ", _WORKERS_AT + 64 * number)))

    def zones(self):
        """Name in wire form: (flags, serial)."""
        count = self._read("=I", _ZONES_HEAD_AT + 40)[0]
        found = {}
        for number in range(count):
            size, name, serial, flags = self._read("=B255sII", _ZONES_AT + _ZONE_BYTES * number)
            found[name[:size]] = (flags, serial)
        return found

    def is_locked(self):
        """By a writer: only that one lock is in the way of a read lock."""
        asked = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
        return struct.unpack_from("h", fcntl.fcntl(self._file, _F_OFD_GETLK, asked))[0] == \
            fcntl.F_WRLCK


def _eventually(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def _zone_text(serial):
    return (f"$TTL 300\n@ SOA ns1 root {serial} 7200 900 {_EXPIRE_SECONDS} 600\n"
            "@ NS ns1\nns1 A 192.0.2.1\n")


_EXAMPLE = b"\x07example\x00"


@pytest.fixture
def heartbeat():
    """A path on a tmpfs."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield pathlib.Path(folder) / "heartbeat"


@pytest.fixture
def server(hitherd, make_folder, heartbeat):
    folder = make_folder("heartbeat")
    zone = folder / "example.zone"
    zone.write_text(_zone_text(7))
    server = servers.start_hitherd(folder, {"example.": zone},
                                   more=["--heartbeat", str(heartbeat), "--user", "root"])
    server.zone = zone
    yield server
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGCONT)
        server.stop()


def test_page_tells_who_and_what(server, heartbeat):
    page = Page(heartbeat)
    header = page.header()
    assert (header["magic"], header["version"]) == (_MAGIC, _VERSION)
    assert header["bytes"] == heartbeat.stat().st_size
    assert (header["workers"], header["pid"]) == (1, server.pid)
    assert page.zones() == {_EXAMPLE: (_LOADED, 7)}
    assert page.is_locked()


def test_turns_go_on_when_idle_and_not_when_stopped(server, heartbeat):
    page = Page(heartbeat)
    turns = set()
    for _ in range(30):
        turns.add(page.worker()["last_turn"])
        assert time.monotonic_ns() - page.worker()["last_turn"] < 500e6
        time.sleep(0.02)
    assert len(turns) >= 4  # In 600 ms, each 100 ms.
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(0.6)
    assert time.monotonic_ns() - page.worker()["last_turn"] > 500e6
    assert page.is_locked()


def test_counters_rise(server, heartbeat):
    page = Page(heartbeat)
    before = page.worker()
    for _ in range(100):
        server.ask("example.", wire.SOA)
    assert _eventually(lambda: page.worker()["queries"] >= before["queries"] + 100)
    assert _eventually(lambda: page.worker()["answered"] >= before["answered"] + 100)
    assert page.worker()["servfail"] == 0


def test_broken_reload_is_stale_then_expired_then_good_again(server, heartbeat):
    page = Page(heartbeat)
    server.zone.write_text("@ SOA broken\n")
    broken_at = time.monotonic()
    server.process.send_signal(signal.SIGHUP)
    assert _eventually(lambda: page.zones()[_EXAMPLE] == (_LOADED | _STALE, 7))
    time.sleep(0.5)
    server.process.send_signal(signal.SIGHUP)  # To fail again does not make it younger.
    expired = (_LOADED | _STALE | _EXPIRED, 7)
    assert _eventually(lambda: page.zones()[_EXAMPLE] == expired, _EXPIRE_SECONDS + 3)
    assert _EXPIRE_SECONDS <= time.monotonic() - broken_at < _EXPIRE_SECONDS + 1.5
    server.zone.write_text(_zone_text(8))
    server.process.send_signal(signal.SIGHUP)
    assert _eventually(lambda: page.zones()[_EXAMPLE] == (_LOADED, 8))


def test_kill_frees_the_lock_within_milliseconds(server, heartbeat):
    page = Page(heartbeat)
    assert page.is_locked()
    server.process.kill()
    killed_at = time.monotonic()
    while page.is_locked() and time.monotonic() - killed_at < 2:
        pass
    took = time.monotonic() - killed_at
    assert took < 0.2, f"{took * 1000:.1f} ms"
    server.process.wait()


def test_second_server_is_refused(server, heartbeat, make_folder):
    folder = make_folder("second")
    second = servers.start_hitherd(folder, {"example.": server.zone}, ready=False,
                                   more=["--heartbeat", str(heartbeat)])
    assert second.process.wait(10) == 1
    assert "another hitherd is running and has locked it" in second.log()
    assert Page(heartbeat).header()["pid"] == server.pid


def _wait_for_read_lock(path):
    """A process that waits for a read lock on the page, and holds it until it is killed."""
    code = ("import fcntl, struct, sys, time; page = open(sys.argv[1], 'rb'); print(flush=True)\n"
            f"fcntl.fcntl(page, {_F_OFD_SETLKW}, struct.pack('hhqqi4x', fcntl.F_RDLCK, 0, 0, 0, 0))"
            "\nprint('held', flush=True); time.sleep(60)")
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    holder.stdout.readline()
    return holder


def _start_the_next_one(server, heartbeat, make_folder):
    """It has the page while it runs."""
    next_one = servers.start_hitherd(make_folder("next"), {"example.": server.zone},
                                     more=["--heartbeat", str(heartbeat), "--user", "root"])
    try:
        page = Page(heartbeat)
        assert page.header()["pid"] == next_one.pid
        assert page.is_locked()
        assert heartbeat.stat().st_mode & 0o777 == 0o640
    finally:
        next_one.stop()


def test_a_read_lock_keeps_no_server_alive_and_none_from_starting(server, heartbeat, make_folder):
    holder = _wait_for_read_lock(heartbeat)
    try:
        server.process.kill()
        server.process.wait()
        assert holder.stdout.readline() == b"held\n"
        assert not Page(heartbeat).is_locked()
        _start_the_next_one(server, heartbeat, make_folder)
    finally:
        holder.kill()
        holder.wait()


def test_page_is_taken_over_after_a_kill(server, heartbeat, make_folder):
    server.process.kill()
    server.process.wait()
    _start_the_next_one(server, heartbeat, make_folder)
    assert not Page(heartbeat).is_locked()
