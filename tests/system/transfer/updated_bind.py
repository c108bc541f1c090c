"""BIND as a hidden primary of several zones that dynamic updates (RFC 2136) change all the time."""

import contextlib
import threading

import dns.exception
import dns.query
import dns.rcode
import dns.update
import primaries

_NAMES = 40  # That change; the others only make the zone larger.
_OPTIONS = ("allow-update { 127.0.0.0/8; }; notify-rate 1000; startup-notify-rate 1000; "
            "serial-query-rate 1000; ")


def _address(serial):
    return f"10.{serial >> 16 & 255}.{serial >> 8 & 255}.{serial & 255}"


def content(serial):
    """{label: address, or None if the name is not there} of the version with this serial."""
    held = {f"h{name}": None for name in range(_NAMES)}
    # Version n sets name n and deletes the one that is 20 ahead, so 60 versions tell all.
    for version in range(max(2, serial - 3 * _NAMES), serial + 1):
        held[f"h{version % _NAMES}"] = _address(version)
        held[f"h{(version + _NAMES // 2) % _NAMES}"] = None
    held["version"] = _address(serial)
    return held


class UpdatedBind(primaries.Bind):
    """`sizes`: {origin: the number of names that do not change}. Zones begin with serial 1."""

    def __init__(self, folder, sizes, **facts):
        self._zones = [primaries.Zone(self._body(size), origin) for origin, size in sizes.items()]
        self._next = dict.fromkeys(sizes, 2)
        self._thread, self._is_ending = None, threading.Event()
        super().__init__(folder, self._zones[0], **facts)

    @staticmethod
    def _body(size):
        filling = "".join(f"fill{number} A 192.0.2.{number % 256}\n" for number in range(size))
        return f"@ NS ns1\nns1 A 192.0.2.1\nversion A {_address(1)}\n{filling}"

    def _write_config(self):
        super()._write_config()
        path = self.folder / "named.conf"
        text = path.read_text().replace("recursion no;", f"recursion no; {_OPTIONS}")
        for zone in self._zones[1:]:
            file = self.folder / f"{zone.origin}txt"
            file.write_text(zone.text())
            text += f'zone "{zone.origin}" {{ type primary; file "{file}"; }};\n'
        path.write_text(text)

    def shorten(self, expire):
        """The first zone is refreshed each second, and expires after so many. Before start()."""
        self.zone.refresh, self.zone.retry, self.zone.expire = 1, 1, expire
        self._write_zone()

    @property
    def origins(self):
        return list(self._next)

    def serial_of(self, origin):
        """The newest that it may have."""
        return self._next[origin] - 1

    def update(self, origin):
        """One more version."""
        serial = self._next[origin]
        change = dns.update.UpdateMessage(origin)
        change.replace(f"h{serial % _NAMES}", 300, "A", _address(serial))
        change.delete(f"h{(serial + _NAMES // 2) % _NAMES}")
        change.replace("version", 300, "A", _address(serial))
        self._next[origin] = serial + 1
        answer = dns.query.udp(change, self.address, port=self.port, timeout=20)
        assert answer.rcode() == dns.rcode.NOERROR, answer

    @contextlib.contextmanager
    def updating(self, pause=0.005):
        """All zones in turn, while the block runs."""
        self._is_ending.clear()
        self._thread = threading.Thread(target=self._update_all, args=(pause,))
        self._thread.start()
        try:
            yield self
        finally:
            self._is_ending.set()
            self._thread.join()

    def _update_all(self, pause):
        while True:
            for origin in self.origins:
                if self._is_ending.wait(pause):
                    return
                self.update(origin)
