"""BIND as a hidden primary whose one zone is changed by dynamic updates, and which signs it, with
NSEC or NSEC3, while it serves it."""

import pathlib
import time

import dns.query
import dns.rcode
import dns.update
import primaries

_ORIGIN = "steps.example."
_ALGORITHM = "ECDSAP256SHA256"


class SigningBind(primaries.Bind):
    programs = ("named", "rndc", "dnssec-keygen")

    def __init__(self, folder, **facts):
        (folder / "keys").mkdir()
        self._salts = 0
        super().__init__(folder, primaries.Zone("@ NS ns1\nns1 A 192.0.2.1\n", _ORIGIN), **facts)

    def _write_config(self):
        super()._write_config()
        path = self.folder / "named.conf"
        text = path.read_text().replace(
            "recursion no;",
            "recursion no; sig-signing-nodes 10000; sig-signing-signatures 10000; "
            "notify-rate 1000; check-names primary ignore; max-ixfr-ratio unlimited; ")
        path.write_text(text.replace(
            "type primary;", "type primary; allow-update { 127.0.0.0/8; }; auto-dnssec maintain; "
                             f'key-directory "{self.folder}/keys";'))

    def soa_serial(self):
        """Asked for again: while it signs, it may be busy for a second."""
        return next(filter(None, (super(SigningBind, self).soa_serial() for _ in range(10))), None)

    def update(self, changes):
        """`changes` are methods of dns.update.UpdateMessage with their arguments. True: the zone is
        another one. BIND refuses some changes, and fails at a few."""
        before = self.soa_serial()
        message = dns.update.UpdateMessage(_ORIGIN)
        for change, *arguments in changes:
            getattr(message, change)(*arguments)
        answer = dns.query.tcp(message, self.address, port=self.port, timeout=20)
        assert answer.rcode() in (dns.rcode.NOERROR, dns.rcode.SERVFAIL), answer
        return self.soa_serial() != before

    def settle(self, seconds=20, quiet=0.4):
        """Until it signs no longer."""
        deadline, since, serial = time.monotonic() + seconds, time.monotonic(), self.soa_serial()
        while time.monotonic() < min(deadline, since + quiet):
            time.sleep(0.02)
            now = self.soa_serial()
            if now != serial:
                serial, since = now, time.monotonic()

    def _rndc(self, *command):
        self._run("rndc", "-k", str(self.folder / "rndc.key"), "-s", "127.0.0.1", "-p",
                  str(self.control_port), *command)

    def _make_key(self, *flags):
        self._run("dnssec-keygen", "-q", "-a", _ALGORITHM, "-K", str(self.folder / "keys"), *flags,
                  _ORIGIN)

    def sign(self):
        """From unsigned to NSEC."""
        self._make_key("-f", "KSK")
        self._make_key()
        self._rndc("loadkeys", _ORIGIN)

    def resign(self):
        """All signatures are made again, by another key."""
        old = [path for path in pathlib.Path(self.folder / "keys").glob("*.key")
               if " 256 3 " in path.read_text()]
        self._make_key()
        for path in old:
            self._run("dnssec-settime", "-I", "now", "-D", "now", str(path))
        self._rndc("loadkeys", _ORIGIN)

    def use_nsec3(self, opt_out):
        """With another salt each time."""
        self._salts += 1
        self._rndc("signing", "-nsec3param", "1", "1" if opt_out else "0",
                   str(self._salts % 3), f"{self._salts:04x}", _ORIGIN)

    def use_nsec(self):
        self._rndc("signing", "-nsec3param", "none", _ORIGIN)
