"""NOTIFYs during a refresh round of many zones of one primary that is 100 ms away.

The zones of a round are all due at about the same time, always: their SOA says so. A NOTIFYed zone
must be published soon all the same. HITHER_LONG=1 has 100,000 zones, CI 2,000.
"""

import asyncio
import collections
import os
import statistics
import struct
import threading
import time

import asker
import secondary
import servers
import wire

_IS_LONG = os.environ.get("HITHER_LONG") == "1"
_ZONES = 100_000 if _IS_LONG else 2_000
_REFRESH_SECONDS = 60 if _IS_LONG else 3
_CHANGES = 20 if _IS_LONG else 5
_DELAY = 0.1  # Of each reply: the time to the primary and back.
_IXFR, _AXFR = 251, 252


def _origin(number):
    return f"z{number}.example."


def _name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) \
        + b"\0"


class FarPrimary:
    """Answers SOA, IXFR (with the whole zone) and AXFR of every zone, each late."""

    def __init__(self):
        self.address, self.port = servers.LOOPBACK, servers.free_port()
        self.serials = collections.defaultdict(lambda: 1)  # By name in wire format.
        self.queries = collections.Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, self.address, self.port))
        self._loop.run_forever()

    async def _serve(self, reader, writer):
        try:
            while True:
                length, = struct.unpack(">H", await reader.readexactly(2))
                reply = self._reply(await reader.readexactly(length))
                self._loop.call_later(_DELAY, writer.write, reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _reply(self, query):
        end = query.index(b"\0", 12) + 1
        name, question = query[12:end], query[12:end + 4]
        rdtype, = struct.unpack_from(">H", query, end)
        self.queries[rdtype] += 1
        rdata = b"\3ns1\xc0\x0c\1h\xc0\x0c" + struct.pack(
            ">5I", self.serials[name], _REFRESH_SECONDS, _REFRESH_SECONDS, 86_400, 300)
        soa = b"\xc0\x0c" + struct.pack(">HHIH", wire.SOA, 1, 300, len(rdata)) + rdata
        records = [soa]
        if rdtype in (_IXFR, _AXFR):
            target = b"\3ns1\xc0\x0c"
            ns = b"\xc0\x0c" + struct.pack(">HHIH", wire.NS, 1, 300, len(target)) + target
            address = target + struct.pack(">HHIH", wire.A, 1, 300, 4) + b"\xc0\0\2\1"
            records = [soa, ns, address, soa]
        reply = query[:2] + struct.pack(">5H", 0x8400, 1, len(records), 0, 0) + question \
            + b"".join(records)
        return struct.pack(">H", len(reply)) + reply

    def change(self, site, origin):
        """Seconds from the NOTIFY to the first answer with the new serial."""
        self.serials[_name(origin)] += 1
        serial = self.serials[_name(origin)]
        notify = struct.pack(">6H", 7, 0x2400, 1, 0, 0, 0) + _name(origin) \
            + struct.pack(">HH", wire.SOA, 1)
        sent = time.monotonic()
        assert asker.exchange(site.address, site.port, notify, 0.5, tries=3) is not None
        while site.serial(origin) != serial:
            assert time.monotonic() < sent + 30, f"{origin} is not published"
            time.sleep(0.002)
        return time.monotonic() - sent


def _site(folder, primary, zones):
    site = secondary.Secondary(folder)
    site.origin = _origin(0)
    (folder / "zones.list").write_text("".join(f"{_origin(i)}\n" for i in range(zones)))
    (folder / "hither.yaml").write_text(f"""
listen: ["{site.address}:{site.port}"]
workers: 1
user: root
admin: {{ listen: "{site.admin}" }}
state_dir: state
transfers: {{ transfers_max: 256, transfers_per_primary_max: 64, refresh: {{ min: 1s }} }}
primaries: [{{ name: hidden1, address: "{primary.address}:{primary.port}" }}]
zones:
  - {{ list: zones.list, primaries: [hidden1], gates: {{ profile: none }} }}
""")
    site.start()
    site.wait_for("has all zones", lambda: primary.queries[_AXFR] >= zones
                  and site.serial(_origin(zones - 1)) is not None, 1800 if _IS_LONG else 120)
    return site


def _changes(folder, zones):
    folder.mkdir()
    primary = FarPrimary()
    site = None
    try:
        site = _site(folder, primary, zones)
        before = primary.queries[wire.SOA]
        began = time.monotonic()
        seconds = [primary.change(site, _origin(i * (zones // _CHANGES) % zones))
                   for i in range(_CHANGES)]
        checks = (primary.queries[wire.SOA] - before) / (time.monotonic() - began)
        return seconds, checks
    finally:
        if site is not None:
            site.stop()
        primary.stop()


def test_a_notified_zone_does_not_wait_for_the_round(tmp_path):
    quiet, _ = _changes(tmp_path / "quiet", 10)
    busy, checks = _changes(tmp_path / "busy", _ZONES)
    print(f"{_ZONES} zones, {checks:.0f} SOA queries a second: median "
          f"{statistics.median(busy):.3f} s, maximum {max(busy):.3f} s; quiet: median "
          f"{statistics.median(quiet):.3f} s, maximum {max(quiet):.3f} s")
    assert max(busy) <= 1.0 + max(quiet)
