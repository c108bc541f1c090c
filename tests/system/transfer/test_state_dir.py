"""What may happen to the folder of the zone log, and to zones whose primary is gone.

The folder is full, read-only, deleted or damaged, or another hitherd uses it: zones are
answered all the time, and nothing is published that is not on the disk."""

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import time

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest
import servers
import updated_bind
import wire
from secondary import Secondary

_ORIGINS = {"small.example.": 5, "large.example.": 2_000}
_SMALL = "small.example."
_IS_LONG = bool(os.environ.get("HITHER_LONG"))
_MANY = 200 if _IS_LONG else 60
_IS_OK = "hither_zone_log_ok"


class _Site(Secondary):
    """`wrapper`: a command that runs hitherd; `env`: more of its environment."""

    wrapper, env = (), {}

    def start(self):
        (self.folder / "state").mkdir(exist_ok=True)
        command = [*self.wrapper, servers.hitherd_path(), "--config",
                   str(self.folder / "hither.yaml")]
        self.server = servers.Server("hitherd", command, self.folder, self.address, self.port,
                                     {self.origin: None}, self.env)
        self.wait("answers", lambda: self.answer("SOA") is not None)
        return self

    def holds(self, serial, seconds=1.0):
        """It answers with this serial all the time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.serial(_SMALL) == serial

    def segments(self):
        return sorted((self.folder / "state").glob("zones-*.log"))


@pytest.fixture
def make_pair(hitherd, make_folder):
    """make_pair({origin: names}) is a BIND and its secondary, which is to be started."""
    if not shutil.which("named"):
        pytest.skip("named is not installed")
    with contextlib.ExitStack() as ends:
        def make(sizes, *, zone="", expire=None):
            site = _Site(make_folder("secondary"))
            bind = updated_bind.UpdatedBind(make_folder("bind"), sizes,
                                            notify=(site.address, site.port))
            if expire:
                bind.shorten(expire)
            site.follow_all(bind, bind.origins, zone=zone)
            ends.callback(bind.stop)
            ends.callback(lambda: site.server is None or site.server.stop())
            bind.start()
            return bind, site
        yield make


@pytest.fixture
def pair(make_pair):
    bind, site = make_pair(_ORIGINS)
    return bind, site


def _has_all(bind, site):
    return all(site.serial(origin) == bind.serial_of(origin) for origin in bind.origins)


def _catch_up(bind, site, seconds=90):
    site.wait("it has all versions", lambda: _has_all(bind, site), seconds)


@contextlib.contextmanager
def _silent(bind):
    """It is reachable, and answers nothing."""
    bind.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        bind.process.send_signal(signal.SIGCONT)


class _Disk:
    """A small tmpfs in a mount namespace that outlives hitherd."""

    def __init__(self, site, kib):
        self._path = site.folder / "state"
        self._path.mkdir()
        self._holder = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size={kib}k tmpfs "{self._path}" '
             '&& echo ready && exec sleep 900'], stdout=subprocess.PIPE, text=True)
        if self._holder.stdout.readline() != "ready\n":
            self.close()
            pytest.skip("no mount namespaces here")
        site.wrapper = ["nsenter", "-m", "-t", str(self._holder.pid)]
        self._enter = site.wrapper

    def run(self, command):
        subprocess.run([*self._enter, "sh", "-c", f'cd "{self._path}" && {command}'], check=False,
                       timeout=30)

    def remount(self, options):
        subprocess.run([*self._enter, "mount", "-o", f"remount,{options}", str(self._path)],
                       check=True, timeout=30)

    def close(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()


def test_full_file_system(pair):
    """It says so once. Compaction may make room for a version: it counts only that what was
    published is there after a kill. (test_crash.py has a limit that leaves no room.)"""
    bind, site = pair
    disk = _Disk(site, 4_096)
    try:
        site.start()
        _catch_up(bind, site)
        disk.run("cat /dev/zero > filling 2>/dev/null")
        seen = _update_until_full(bind, site)
        site.kill()
        with _silent(bind):
            site.start()
            assert site.serial(_SMALL) >= seen
        seen = _update_until_full(bind, site)
        assert site.serial(_SMALL) >= seen
        disk.run("rm filling")
        _catch_up(bind, site)
        site.wait("it says so", lambda: site.metric(_IS_OK) == 1)
        text = "the zone log cannot be written: "
        recovered = site.server.log().count("the zone log can be written again")
        assert 1 <= site.server.log().count(text) <= recovered + 2
        assert site.stop() == 0
    finally:
        disk.close()


def _update_until_full(bind, site):
    """The highest serial that it has published by then."""
    seen = 0
    for _ in range(2_000):
        bind.update(_SMALL)
        seen = max(seen, site.serial(_SMALL))
        if site.metric(_IS_OK) == 0:
            return max(seen, site.serial(_SMALL))
    raise AssertionError("the disk is not full")


def test_read_only_file_system(pair):
    """Nobody may write there, so nobody can say that two do not: the start is refused."""
    bind, site = pair
    disk = _Disk(site, 65_536)
    try:
        site.start()
        _catch_up(bind, site)
        assert site.stop() == 0
        disk.remount("ro")
        done = subprocess.run([*site.wrapper, servers.hitherd_path(), "--config",
                               str(site.folder / "hither.yaml")], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 1
        assert "zones.lock: cannot open: Read-only file system" in done.stderr + done.stdout
        disk.remount("rw")
        with _silent(bind):
            site.start()
            assert _has_all(bind, site)
        assert site.stop() == 0
    finally:
        disk.close()


@pytest.mark.parametrize("what", ["files", "folder"])
def test_deleted_while_it_runs(pair, what):
    """What is written into a deleted file is not on the disk: it is not published."""
    bind, site = pair
    site.start()
    _catch_up(bind, site)
    if what == "folder":
        shutil.rmtree(site.folder / "state")
    else:
        for path in site.segments():
            path.unlink()
    bind.update(_SMALL)
    site.wait_for_log("was deleted while in use")
    if what == "folder":
        site.holds(1)
        assert site.metric(_IS_OK) == 0
    assert site.stop() == 0
    site.start()
    _catch_up(bind, site)


def test_second_hitherd(pair):
    bind, site = pair
    site.start()
    _catch_up(bind, site)
    text = (site.folder / "hither.yaml").read_text()
    for port in (site.port, site.admin.split(":")[1]):
        text = text.replace(f":{port}", f":{servers.free_port()}")
    other = site.folder / "other.yaml"
    other.write_text(text)
    done = subprocess.run([servers.hitherd_path(), "--config", str(other)], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 1
    assert "another process uses this zone log" in done.stderr + done.stdout
    bind.update(_SMALL)
    _catch_up(bind, site)


def _flip(paths, chance):
    for _ in range(3):
        path = chance.choice(paths)
        octets = bytearray(path.read_bytes())
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
        path.write_bytes(octets)


def _cut(paths, chance):
    path = chance.choice(paths)
    os.truncate(path, chance.randrange(path.stat().st_size))


def _zero(paths, chance):
    path = chance.choice(paths)
    with open(path, "r+b") as file:
        file.seek(chance.randrange(path.stat().st_size) & ~4095)
        file.write(bytes(min(4096, path.stat().st_size - file.tell())))


def _swap(paths, chance):
    first, second = chance.sample(paths, 2)
    octets = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(octets)


def _delete(paths, chance):
    chance.choice(paths).unlink()


def _add(paths, _chance):
    folder = paths[0].parent
    (folder / "zones-00000000000000ff.log").write_bytes(os.urandom(5_000))
    (folder / "zones-0000000000000x00.log").write_text("no segment")
    (folder / "README").write_text("no segment")


_DAMAGES = [_flip, _cut, _zero, _swap, _delete, _add] if _IS_LONG else [_flip]


@pytest.mark.parametrize("damage", _DAMAGES,
                         ids=lambda damage: damage.__name__[1:])
def test_damaged_segments(pair, damage):
    """What it serves while nobody can be asked is a version that there was; then it catches up."""
    bind, site = pair
    seed = random.randrange(1 << 32)
    for _ in range(3):  # Each start has a segment of its own.
        site.start()
        bind.update(_SMALL)
        bind.update("large.example.")
        _catch_up(bind, site)
        assert site.stop() == 0
    damage(site.segments(), random.Random(seed))
    with _silent(bind):
        site.start()
        for origin in bind.origins:
            serial = site.serial(origin)
            if serial is None:  # Nothing of it can be read.
                continue
            assert serial <= bind.serial_of(origin), seed
            wanted = updated_bind.content(serial)
            assert {label: _held(site, origin, label) for label in wanted} == wanted, seed
    _catch_up(bind, site)
    assert site.stop() == 0
    with _silent(bind):
        site.start()
        assert _has_all(bind, site), seed
        assert site.stop() == 0


def _held(site, origin, label):
    answer = site.answer("A", f"{label}.{origin}")
    return ".".join(map(str, answer.answer[0].rdata)) if answer.answer else None


def test_many_zones_that_are_current_need_no_transfer(make_pair):
    """After a restart zones are asked for their SOA records, and none is transferred again."""
    bind, site = make_pair({f"z{number}.example.": 1 for number in range(_MANY)})
    site.start()
    _catch_up(bind, site)
    transfers = _transfers_of(bind)
    assert transfers >= _MANY
    for _ in range(2):
        assert site.stop() == 0
        site.start()
        assert _has_all(bind, site)
        site.wait("all are checked", lambda: site.metric("hither_transfer_attempts_total") >= _MANY)
    assert _transfers_of(bind) == transfers


def _transfers_of(bind):
    return len(re.findall(r"(?:AXFR|IXFR|AXFR-style IXFR) started", bind.log()))


def test_zone_that_is_put_back(make_pair):
    """It is taken out while hitherd is down, and by a reload; both times its versions wait."""
    bind, site = make_pair(_ORIGINS)
    config = site.folder / "hither.yaml"
    site.start()
    _catch_up(bind, site)
    both = config.read_text()
    one = "".join(line for line in both.splitlines(True) if _SMALL not in line)
    for is_running in (False, True):
        if not is_running:
            assert site.stop() == 0
        config.write_text(one)
        if is_running:
            _reload(site)
        else:
            site.origin = "large.example."
            site.start()
            site.wait_for_log("such as small.example.; their versions are removed after 168h")
        site.wait("it is gone", lambda: site.answer("SOA", _SMALL).rcode == wire.REFUSED)
        config.write_text(both)
        with _silent(bind):
            if is_running:
                _reload(site)
            else:
                time.sleep(1.5)  # Its mark is written.
                assert site.stop() == 0
                site.start()
            site.wait("it is back", lambda: site.serial(_SMALL) == bind.serial_of(_SMALL))


def _reload(site):
    site.wait("its admin endpoint answers", lambda: site.metric(_IS_OK) == 1)
    done = servers.run_hither("reload", "--admin", site.admin)
    assert done.returncode == 0, done.stderr


def test_published_after_it_is_on_the_disk(pair):
    """strace(1) says when a version was written and synced, the answers when it was published."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    bind, site = pair
    trace = site.folder / "trace"
    site.wrapper = ["strace", "-D", "-f", "-qq", "-y", "-ttt", "-T", "-xx", "-s", "70000",
                    "-o", str(trace), "-e", "trace=write,pwrite64,writev,fdatasync,fsync,openat"]
    site.env = {"ASAN_OPTIONS": "detect_leaks=0"}  # It cannot trace a traced process.
    site.start()
    site.wait("it has the first version", lambda: site.serial(_SMALL) == 1)
    seen = {}
    for serial in range(2, 22):
        bind.update(_SMALL)
        site.wait("it has the next", lambda: _note(site, seen) >= serial)
    assert site.stop() == 0
    time.sleep(1)  # For the tracer, which is no child of ours.
    synced, made, folder_synced = _read_trace(trace)
    assert len(seen) >= 10
    for serial, published in seen.items():
        assert synced[serial] < published, serial
    assert made
    for created in made:
        assert any(created < at < seen[min(seen)] for at in folder_synced)


def _note(site, seen):
    serial = site.serial(_SMALL)
    seen.setdefault(serial, time.time())
    return serial


def _read_trace(path):
    """When each version of the small zone was on the disk, a segment made, the folder synced."""
    written, synced, made, folder_synced, pending = {}, {}, [], [], {}
    for line in path.read_text().splitlines():
        thread, at, call = line.split(None, 2)
        if call.endswith("<unfinished ...>"):
            pending[thread] = call.removesuffix("<unfinished ...>")
            continue
        took = re.search(r"<([0-9.]+)>$", call)
        end = float(at) + (float(took[1]) if took and "resumed>" not in call else 0)
        if "resumed>" in call:
            call = pending.pop(thread) + call.split("resumed>", 1)[1]
        path_octets = call.split(">", 1)[0]
        if call.startswith("openat") and "O_CREAT" in call and ".log" in _plain(call):
            made.append(end)
        elif call.startswith("fsync") and re.search(r"/state$", _plain(path_octets)):
            folder_synced.append(end)
        elif call.startswith("fdatasync") and "= 0" in call:
            for serial in written.pop(path_octets.split("(")[1], ()):
                synced.setdefault(serial, end)
        elif call.startswith(("write", "pwrite")):
            octets = bytes.fromhex("".join(re.findall(r"\\x([0-9a-f]{2})", call)))
            found = re.findall(rb"\x00\x04\x0a\x00\x00(.)", octets, re.DOTALL)
            written.setdefault(path_octets.split("(")[1], []).extend(one[0] for one in found)
    return synced, made, folder_synced


def _plain(text):
    """-xx writes paths as octets, too."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda octet: chr(int(octet[1], 16)), text)


def test_expired(make_pair):
    """Its primary is gone for longer than its expire time: SERVFAIL with extended error 24
    (RFC 8914 §4.25) and NSID; a zone with a longer time is answered. Then the primary is back."""
    bind, site = make_pair(_ORIGINS, expire=8, zone=", refresh: { min: 1s, max: 1h }, retry: "
                           "{ min: 1s, max: 1h }, expire: { min: 1s, max: 400h }")
    site.start()
    _catch_up(bind, site)
    assert _state(site) == "fresh"
    bind.stop()
    site.wait("it is stale", lambda: _state(site) == "stale", 60)
    site.wait("it has expired", lambda: _ask(site, _SMALL).rcode() == dns.rcode.SERVFAIL, 60)
    assert site.stop() == 0
    site.start()
    site.wait("it has expired", lambda: _state(site) == "expired", 10)
    answer = _ask(site, _SMALL)
    assert answer.rcode() == dns.rcode.SERVFAIL and not answer.answer
    assert [option.code for option in answer.options
            if option.otype == dns.edns.EDE] == [dns.edns.EDECode.INVALID_DATA]
    assert any(option.otype == dns.edns.NSID for option in answer.options)
    assert site.metric('hither_transfer_zones{state="expired"}') == 1
    assert site.metric(f'hither_zone_expired{{zone="{_SMALL}"}}') == 1
    other = _ask(site, "large.example.")
    assert other.rcode() == dns.rcode.NOERROR and other.answer
    assert any(option.otype == dns.edns.NSID for option in other.options)
    assert {option.code for option in other.options
            if option.otype == dns.edns.EDE} <= {dns.edns.EDECode.STALE_ANSWER}
    bind.start()
    site.wait("it is back", lambda: _ask(site, _SMALL).rcode() == dns.rcode.NOERROR, 60)
    site.wait("it is fresh", lambda: _state(site) == "fresh")


def _ask(site, origin):
    query = dns.message.make_query(origin, "SOA", use_edns=0,
                                   options=[dns.edns.GenericOption(dns.edns.NSID, b"")])
    return dns.query.udp(query, site.address, port=site.port, timeout=5)


def _state(site):
    done = servers.run_hither("zone", "status", _SMALL, "--admin", site.admin)
    assert done.returncode == 0, done.stderr
    return re.search(r"\b(fresh|stale|expired)\b", done.stdout)[1]
