"""Random and mutated packets over UDP and TCP: the server still answers, grows not, ends well.

HITHER_HOSTILE_PACKETS says how many (a tenth of them over TCP). With a hitherd built by the asan
preset a leak or an overrun is an exit status that is not 0, and told in its log.
"""

import os
import random
import subprocess

import pytest
import servers
import signed_zones
import wire

_PACKETS = int(os.environ.get("HITHER_HOSTILE_PACKETS", "100000"))
_GROWTH_KIB_MAX = 8192  # Buffers that grew to their limits; a leak of 100 octets a packet is more.


@pytest.fixture(scope="module")
def zones(make_folder):
    """Wildcards, aliases and delegations, signed both ways: every branch of an answer."""
    signings = {signing.name: signing for signing in signed_zones.SIGNINGS}
    nsec = signed_zones.sign(make_folder("nsec"), signed_zones.SMALL_ORIGIN,
                             signed_zones.SMALL_ZONE, signings["nsec"])
    text = signed_zones.SMALL_ZONE.replace("ORIGIN example.", "ORIGIN third.")
    nsec3 = signed_zones.sign(make_folder("nsec3"), "third.", text, signings["nsec3_optout_salted"])
    return {zone.origin: zone.path for zone in (nsec, nsec3)}


def _origins():
    below = sorted({case.name for case in signed_zones.SMALL_CASES})
    return [".", "example.net.", *below, *(name.replace("example.", "third.") for name in below)]


def _blast(program, server, transport, count, seed):
    done = subprocess.run(
        [program, server.address, str(server.port), transport, str(count), str(seed), *_origins()],
        capture_output=True, text=True, timeout=1800)
    print(f"{transport}, seed {seed}: {done.stdout}", end="")
    assert done.returncode == 0, f"{transport}, seed {seed}: {done.stdout}{done.stderr}" \
                                 f"{server.log()[-4000:]}"


def _rss_kib(server):
    return int(server.status_field("VmRSS")[0])


def test_hostile_packets(subject, blast, make_folder, zones):
    seed = int(os.environ.get("HITHER_SEED", random.randrange(2 ** 32)))
    # ASan keeps freed memory for long, which would look like a leak.
    environment = {"ASAN_OPTIONS": "quarantine_size_mb=4:detect_leaks=1"}
    server = subject(make_folder("hitherd"), zones, **(
        {} if os.environ.get("HITHER_STAND_IN") else {"env": environment}))
    try:
        udp, tcp = _PACKETS * 9 // 10, _PACKETS // 10
        _blast(blast, server, "udp", udp // 5, seed)
        _blast(blast, server, "tcp", tcp // 5, seed + 1)
        warm = _rss_kib(server)
        _blast(blast, server, "udp", udp - udp // 5, seed + 2)
        _blast(blast, server, "tcp", tcp - tcp // 5, seed + 3)
        grown = _rss_kib(server) - warm
        for transport in ("udp", "tcp"):
            answer = server.ask("host.example.", wire.A, transport, edns=(1232, wire.DO))
            assert answer.rcode == wire.NOERROR and len(answer.answer) == 2
        assert grown < _GROWTH_KIB_MAX, f"{grown} KiB more after {_PACKETS} packets, seed {seed}"
    finally:
        status = server.stop()
    assert status == 0, f"seed {seed}: exit status {status}:\n{server.log()[-4000:]}"
    assert "Sanitizer" not in server.log() and "runtime error" not in server.log(), server.log()
