"""Reloads under dnsperf load: no query lost, none answered wrong; a broken zone changes nothing."""

import json
import os
import pathlib
import re
import subprocess
import threading
import time

import pytest
import servers
import wire

_NAMES = 1000
_LOAD_SECONDS = 6
_RELOAD_EVERY_SECONDS = 0.2
_END_SECONDS = 2.5  # 2 s of them are the server's own limit.
_SLOWER = 3  # Under a sanitizer, where such a reload takes many times as long.


def _zone_text(serial, origin="example."):
    """Every address tells the serial it belongs to: 10.0.0.0 + serial."""
    address = f"10.{serial >> 16 & 255}.{serial >> 8 & 255}.{serial & 255}"
    lines = [f"$ORIGIN {origin}", "$TTL 300", f"@ SOA ns1 root {serial} 7200 900 1209600 600",
             "@ NS ns1", "ns1 A 192.0.2.1"]
    lines += [f"n{index} A {address}" for index in range(_NAMES)]
    return "\n".join(lines) + "\n"


def _has_a_sanitizer():
    octets = pathlib.Path(servers.hitherd_path()).read_bytes()
    return any(mark in octets for mark in (b"__asan_init", b"__tsan_init"))


def _write(path, text):
    """By a rename, as tools do it: a reader sees the old file or the new one."""
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.rename(path)


@pytest.fixture
def server(hitherd, hither, make_folder):
    folder = make_folder("reload")
    zone = folder / "example.zone"
    zone.write_text(_zone_text(1))
    server = servers.start_hitherd(folder, {"example.": zone}, admin=True, workers=2)
    server.zone = zone
    yield server
    server.stop()


class Load:
    """dnsperf over UDP for some seconds; finish() gives its counts."""

    def __init__(self, server, seconds, folder):
        questions = folder / "questions"
        questions.write_text("".join(f"n{index}.example. A\n" for index in range(_NAMES)))
        self._process = subprocess.Popen(
            ["dnsperf", "-s", server.address, "-p", str(server.port), "-d", str(questions),
             "-l", str(seconds), "-c", "8", "-Q", "20000"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self):
        text, _ = self._process.communicate(timeout=60)
        counts = {key: int(value) for key, value in
                  re.findall(r"Queries (sent|completed|lost): +(\d+)", text)}
        codes = re.search(r"Response codes: +(.*)", text)
        return counts, codes[1] if codes else "", text


class Watcher(threading.Thread):
    """Asks for addresses all the time: each is of a serial that was published, never of an older
    one than before on the same socket (one worker answers it)."""

    def __init__(self, server):
        super().__init__()
        self._connection = server.connect("udp")
        self._ending = threading.Event()
        self.newest = 1  # What may be answered: set before a reload.
        self.faults, self.asked, self.seen = [], 0, set()

    def run(self):
        last, index = 0, 0
        while not self._ending.is_set() and len(self.faults) < 10:
            index = (index + 7) % _NAMES
            query = wire.query(f"n{index}.example.", wire.A)
            answer = wire.read(self._connection.ask([query])[0])
            self.asked += 1
            serial = int.from_bytes(answer.answer[0].rdata[1:], "big") if answer.answer else -1
            if answer.rcode != wire.NOERROR or not last <= serial <= self.newest:
                self.faults.append(f"rcode {answer.rcode}, serial {serial} after {last}")
            last = max(last, serial)
            self.seen.add(serial)

    def finish(self):
        self._ending.set()
        self.join(30)
        if self._connection.repeated:
            self.faults.append(f"{self._connection.repeated} queries unanswered at first")
        self._connection.close()
        return self.faults


@pytest.mark.parametrize("how", ["hither reload", "SIGHUP"])
def test_reloads_under_load_lose_nothing(server, folder, how):
    load, watcher = Load(server, _LOAD_SECONDS, folder), Watcher(server)
    watcher.start()
    end, serial = time.monotonic() + _LOAD_SECONDS, 1
    while time.monotonic() < end:
        serial += 1
        _write(server.zone, _zone_text(serial))
        watcher.newest = serial
        if how == "SIGHUP":
            server.process.send_signal(1)
        else:
            done = servers.run_hither("reload", "--admin", server.admin)
            assert done.returncode == 0, done.stderr
        time.sleep(_RELOAD_EVERY_SECONDS)
    counts, codes, text = load.finish()
    assert not watcher.finish()
    assert len(watcher.seen) > 2, f"of {serial} reloads too few were seen to test anything"
    assert counts["completed"] > 1000 and counts["lost"] == 0, text
    assert codes == f"NOERROR {counts['completed']} (100.00%)", text


def _serial(server, origin="example."):
    answer = server.ask(origin, wire.SOA)
    return int.from_bytes(answer.answer[0].rdata[-20:-16], "big") if answer.answer else None


def test_the_tool_returns_when_the_new_zone_answers(server):
    for serial in range(2, 12):
        _write(server.zone, _zone_text(serial))
        assert servers.run_hither("reload", "--admin", server.admin).returncode == 0
        assert _serial(server) == serial


def test_sighup_reloads(server):
    _write(server.zone, _zone_text(77))
    server.process.send_signal(1)
    deadline = time.monotonic() + 20
    while _serial(server) != 77 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _serial(server) == 77


@pytest.mark.parametrize("broken, place", [
    (_zone_text(2) + "bad A 192.0.2.256\n", f":{_NAMES + 6}: "),
    ("$ORIGIN example.\n@ 300 NS ns1\n", ""),  # No SOA.
    ("", ""),
])
def test_a_broken_zone_changes_nothing(server, broken, place):
    _write(server.zone, broken)
    done = servers.run_hither("reload", "--admin", server.admin)
    assert done.returncode == 1
    assert f"{server.zone}{place}" in done.stderr + done.stdout
    assert _serial(server) == 1
    assert server.ask("n5.example.", wire.A).answer
    shown = servers.run_hither("status", "--admin", server.admin)
    assert "stale" in shown.stdout  # The operator sees it, even later.
    _write(server.zone, _zone_text(3))
    assert servers.run_hither("reload", "--admin", server.admin).returncode == 0
    assert _serial(server) == 3


def test_a_missing_file_changes_nothing(server):
    server.zone.rename(server.zone.with_suffix(".away"))
    done = servers.run_hither("reload", "--admin", server.admin)
    assert done.returncode == 1 and str(server.zone) in done.stderr + done.stdout
    assert _serial(server) == 1


def _config(folder, port, admin, origins):
    zones = "".join(f"  - {{ name: {origin}, file: {origin}zone }}\n" for origin in origins)
    text = (f'identity: {{ site: test }}\nlisten: ["127.0.0.1:{port}"]\nworkers: 1\n'
            f"admin: {{ listen: \"{admin}\" }}\nzones:\n{zones}")
    _write(folder / "hither.yaml", text)
    return folder / "hither.yaml"


def test_zones_come_and_go_with_the_configuration(hitherd, hither, make_folder):
    folder, port = make_folder("zones"), servers.free_port()
    admin = f"127.0.0.1:{servers.free_port()}"
    for origin in ("one.", "two."):
        pathlib.Path(folder / f"{origin}zone").write_text(_zone_text(5, origin))
    config = _config(folder, port, admin, ["one."])
    server = servers.start_hitherd_with_config(folder, config, {"one.": ""}, servers.LOOPBACK,
                                               port, admin)
    try:
        assert server.ask("two.", wire.SOA).rcode == wire.REFUSED
        _config(folder, port, admin, ["one.", "two."])
        assert servers.run_hither("reload", "--admin", admin).returncode == 0
        assert (_serial(server, "one."), _serial(server, "two.")) == (5, 5)
        _config(folder, port, admin, ["two."])
        assert servers.run_hither("reload", "--admin", admin).returncode == 0
        assert server.ask("one.", wire.SOA).rcode == wire.REFUSED
        assert _serial(server, "two.") == 5
        _write(config, "zones: [\n")
        done = servers.run_hither("reload", "--admin", admin)
        assert done.returncode == 1 and f"{config}:" in done.stderr + done.stdout
        assert _serial(server, "two.") == 5
    finally:
        assert server.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files that another cannot read")
@pytest.mark.parametrize("hidden", ["hither.yaml", "zones.list", "one.zone"])
def test_what_root_could_read_at_the_start_is_read_again(hitherd, hither, make_folder, hidden):
    folder, port = make_folder("root"), servers.free_port()
    admin = f"127.0.0.1:{servers.free_port()}"
    (folder / "one.zone").write_text(_zone_text(5, "one."))
    (folder / "zones.list").write_text("one. one.zone\n")
    config = folder / "hither.yaml"
    config.write_text(f'listen: ["127.0.0.1:{port}"]\nworkers: 1\nadmin: {{ listen: "{admin}" }}\n'
                      "zones: [{ list: zones.list }]\n")
    (folder / hidden).chmod(0o600)
    server = servers.start_hitherd_with_config(folder, config, {"one.": ""}, servers.LOOPBACK,
                                               port, admin)
    try:
        assert f"{hidden}: user " in server.log() and "CAP_DAC_READ_SEARCH" in server.log()
        done = servers.run_hither("reload", "--admin", admin)
        assert done.returncode == 0, done.stderr
    finally:
        assert server.stop() == 0


def _queries(server):
    told = json.loads(servers.run_hither("status", "--json", "--admin", server.admin).stdout)
    return sum(count for name, count in told["counters"].items() if "queries_total" in name)


@pytest.mark.parametrize("what", ["one large zone", "many zones"])
def test_an_end_does_not_wait_for_a_reload(hitherd, hither, make_folder, what):
    folder, port = make_folder("end"), servers.free_port()
    admin = f"127.0.0.1:{servers.free_port()}"
    config = _config(folder, port, admin, ["example."])
    (folder / "example.zone").write_text(_zone_text(1))
    server = servers.start_hitherd_with_config(folder, config, {"example.": ""}, servers.LOOPBACK,
                                               port, admin)
    if what == "one large zone":
        more = "".join(f"m{index}.{index % 1000} TXT a b c\n" for index in range(1_500_000))
        _write(folder / "example.zone", _zone_text(2) + more)
    else:
        (folder / "small.zone").write_text("@ 60 SOA ns.a. a. 1 7200 900 1209600 300\n"
                                           "@ 60 NS ns.a.\n")
        _write(folder / "zones.list",
               "".join(f"z{index}. small.zone\n" for index in range(100_000)))
        _write(config, config.read_text() + "  - { list: zones.list }\n")
    asked = subprocess.Popen([servers.hither_path(), "reload", "--admin", admin],
                             stderr=subprocess.PIPE, text=True)
    while "reload begins" not in server.log():
        assert server.process.poll() is None, server.log()
        time.sleep(0.01)
    time.sleep(0.1)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < _END_SECONDS * (_SLOWER if _has_a_sanitizer() else 1)
    assert "the server is ending" in asked.communicate(timeout=30)[1]
    assert asked.returncode == 1
    assert "error" not in server.log()


def test_ends_cleanly_under_load(server, folder):
    load = Load(server, 5, folder)
    deadline = time.monotonic() + 20
    while _queries(server) < 1000 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert server.stop() == 0
    counts, codes, text = load.finish()
    assert counts["completed"] > 100, text
    assert codes.startswith("NOERROR ") and "," not in codes, text
