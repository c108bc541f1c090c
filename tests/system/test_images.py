"""Zone images: what a load costs in memory, and what --check does with a cache of images."""

import os
import pathlib
import pwd
import random
import shutil
import subprocess
import sys
import time

import pytest
import servers

_DELEGATIONS = 200_000
_LOAD_PER_IMAGE_MAX = 2.5  # The most memory that a load may take, in image sizes.

# A process's peak memory begins with what its parent had when it started it. This parent is small;
# pytest is not.
_MEASURE = """
import os, sys
child = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def _peak_bytes(*command):
    """The most memory that a program has had."""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", _MEASURE, *command],
                          capture_output=True, text=True, timeout=100)
    code, kibibytes = done.stdout.splitlines()[-1].split()
    assert code == "0", done.stdout + done.stderr
    return int(kibibytes) * 1024


def _has_a_sanitizer(program):
    octets = pathlib.Path(program).read_bytes()
    return any(mark in octets for mark in (b"__asan_init", b"__tsan_init"))


def _delegations(order):
    """A TLD in small: each name has two nameservers, one of them the zone's own."""
    lines = []
    for index in range(_DELEGATIONS):
        owner = f"d{index:06}{'x' * (index % 9)}"
        lines += [f"{owner} NS ns1.h{index % 5000}.net.\n", f"{owner} NS ns2\n"]
    if order == "shuffled":
        random.Random(1).shuffle(lines)
    return lines


@pytest.mark.parametrize("order", ["sorted", "shuffled"])
def test_a_load_takes_little_more_than_the_image(hither, folder, order):
    if _has_a_sanitizer(hither):
        pytest.skip("a sanitizer's memory would be measured")
    zone, image = folder / "example.zone", folder / "example.image"
    with open(zone, "w", encoding="ascii") as out:
        out.write("$ORIGIN example.\n$TTL 3600\n@ SOA ns2 root 1 7200 900 1209600 600\n@ NS ns2\n"
                  "ns2 A 192.0.2.2\n")
        out.writelines(_delegations(order))
    # The program and its libraries, which are there whatever the zone.
    idle = _peak_bytes(hither, "--version")
    load = _peak_bytes(hither, "compile", str(zone), "-o", str(image)) - idle
    octets = image.stat().st_size
    assert octets > 10 << 20, "too small to tell anything"
    assert load <= _LOAD_PER_IMAGE_MAX * octets, f"{load / octets:.2f} image sizes"


def _service_user():
    try:
        return pwd.getpwnam("hither").pw_name
    except KeyError:
        return "nobody"


class Cached:
    """A configuration with a cache of images, and a zone that is worth one and has a warning."""

    def __init__(self, folder):
        self.folder, self.cache = folder, folder / "cache"
        self.cache.mkdir()
        if os.geteuid() == 0:  # For the account that hitherd changes to.
            shutil.chown(self.cache, _service_user())
        self.image = self.cache / "example.image"
        self.port = servers.free_port()
        self.zone = folder / "example.zone"
        names = "".join(f"name{index} A 192.0.2.1\n" for index in range(6000))
        self.zone.write_text("$TTL 60\n@ SOA ns host 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
                             "@ MX 1 nowhere\n" + names)
        time.sleep(0.05)  # No image is kept of a file that has just been written, by its ctime.
        self.config = folder / "hither.yaml"
        self.config.write_text(
            f'identity: {{ site: test }}\nlisten: ["127.0.0.1:{self.port}"]\nworkers: 1\n'
            f'admin: {{ listen: none }}\nimage_cache: {self.cache}\n'
            f'zones:\n  - {{ name: example., file: {self.zone} }}\n')

    def check(self):
        done = subprocess.run([servers.hitherd_path(), "--check", "--config", str(self.config)],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def serve(self):
        """A server's start and end."""
        zones = {"example.": self.zone}
        server = servers.start_hitherd_with_config(self.folder, self.config, zones,
                                                   servers.LOOPBACK, self.port)
        assert server.stop() == 0
        return server.log()


@pytest.fixture
def cached(hitherd, folder):
    return Cached(folder)


_WARNING = ":5: warning: example. MX nowhere.example. "
_SUMMARY = "1 zone, 6004 records, 0 zones with errors\n"


def test_check_writes_no_image(cached):
    first = cached.check()
    assert _WARNING in first and first.endswith(_SUMMARY)
    assert cached.check() == first
    assert not list(cached.cache.iterdir())


def test_check_warns_of_a_text_whose_image_is_served(cached):
    before = cached.check()
    cached.serve()
    image = cached.image.read_bytes()  # The server has kept one,
    written = cached.image.stat()
    assert len(image) > 256 * 1024
    assert _WARNING in before and cached.check() == before  # and nobody could be warned.
    assert cached.image.read_bytes() == image
    assert cached.image.stat().st_mtime_ns == written.st_mtime_ns


def test_a_cache_in_which_others_may_write_is_not_used(cached):
    cached.serve()
    assert cached.image.exists()
    warning = f"warning image_cache: cannot use {cached.cache}: others can write in it"
    for count, mode in enumerate((0o1777, 0o775), 1):
        cached.cache.chmod(mode)
        cached.image.write_bytes(b"anything")
        assert cached.serve().count(warning) == count  # The log goes on: one warning a start.
        assert cached.image.read_bytes() == b"anything"
    done = subprocess.run([servers.hitherd_path(), "--check", "--config", str(cached.config)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"image_cache: cannot use {cached.cache}: others can write in it" in done.stdout


def test_check_reads_no_image(cached):
    before = cached.check()
    cached.serve()
    spoilt = bytearray(cached.image.read_bytes())
    spoilt[5000] ^= 0xff
    cached.image.write_bytes(spoilt)
    assert cached.check() == before
    assert cached.image.read_bytes() == spoilt
    assert "its checksum differs" in cached.serve()  # That it would have seen, had it looked.
    assert cached.image.read_bytes() != spoilt
