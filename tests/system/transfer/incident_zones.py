"""Versions of a signed zone: good ones, and those of incidents.

Each version is text that a primary serves unchanged. Keys are Ed25519 (RFC 8080), so the same
content with the same times has the same signatures, as with a signer that keeps what is valid.
"""

import base64
import re
import struct
import subprocess
import time
import typing

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

ORIGIN = "example."
NAMES = 300  # A third of these goes in the incident of 2010.
_ALGORITHM = 15
_DAY = 86_400
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class Key(typing.NamedTuple):
    flags: int
    seed: bytes
    rdata: bytes

    @property
    def tag(self):  # RFC 4034 appendix B
        total = sum(octet << 8 if i % 2 == 0 else octet for i, octet in enumerate(self.rdata))
        return (total + (total >> 16)) & 0xFFFF

    @property
    def record(self):
        text = base64.b64encode(self.rdata[4:]).decode()
        return f"{ORIGIN} 3600 IN DNSKEY {self.flags} 3 {_ALGORITHM} {text}"

    def write(self, folder):
        """For ldns-signzone. Returns the base name."""
        base = folder / f"K{ORIGIN}+{_ALGORITHM:03}+{self.tag:05}"
        base.with_name(f"{base.name}.key").write_text(self.record + "\n")
        base.with_name(f"{base.name}.private").write_text(
            f"Private-key-format: v1.2\nAlgorithm: {_ALGORITHM} (ED25519)\n"
            f"PrivateKey: {base64.b64encode(self.seed).decode()}\n")
        return base


def make_key(flags):
    private = ed25519.Ed25519PrivateKey.generate()
    seed = private.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
                                 serialization.NoEncryption())
    rdata = struct.pack(">HBB", flags, 3, _ALGORITHM) + private.public_key().public_bytes(*_RAW)
    return Key(flags, seed, rdata)


def make_keys_with_one_tag(flags):
    """Of a few hundred keys, two have one tag."""
    of_tag = {}
    while True:
        key = make_key(flags)
        if key.tag in of_tag:
            return of_tag[key.tag], key
        of_tag[key.tag] = key


def registry(names=NAMES, without=()):
    """Delegations, every third of them secure, and hosts. `without`: owners to leave out."""
    lines = [f"{ORIGIN} NS ns1.{ORIGIN}", f"{ORIGIN} NS ns2.{ORIGIN}", "ns1 A 192.0.2.1",
             "ns2 A 192.0.2.2", "_https._tcp SRV 0 0 443 busy", "lonely A 192.0.2.7"]
    lines += [f"busy A 192.0.2.{i}" for i in range(30, 36)]
    for i in range(names):
        lines.append(f"d{i} NS ns.d{i}")
        lines.append(f"ns.d{i} A 198.51.100.{i % 250}")
        if i % 3 == 0:
            lines.append(f"d{i} DS {i} 13 2 {'ab' * 32}")
    return [line for line in lines if line.split()[0] not in without]


class Signer:
    """Makes signed versions in `folder`. Serials: of the last version, the highest one, and
    the one that was published."""

    def __init__(self, folder):
        self.folder = folder
        self.serial, self.highest, self.published = 0, 2026120100, 0
        self.zsk, self.twin = make_keys_with_one_tag(256)  # The twin is another key of that tag.
        self.ksk = make_key(257)
        today = int(time.time()) // 3600 * 3600
        self.inception, self.expiration = today - _DAY, today + 14 * _DAY

    def sign(self, records, *, serial=None, keys=None, published=(), inception=None,
             expiration=None):
        """The text of a version. keys: those that sign, otherwise the KSK and the ZSK;
        published: further DNSKEYs."""
        self.serial = serial or self.highest + 1
        self.highest = max(self.highest, self.serial)
        work = self.folder / f"{time.monotonic_ns()}"
        work.mkdir()
        lines = [f"$ORIGIN {ORIGIN}", "$TTL 3600",
                 f"@ SOA ns1 hostmaster {self.serial} 7200 900 1209600 300",
                 *records, *(key.record for key in published)]
        (work / "plain").write_text("\n".join(lines) + "\n")
        bases = [str(key.write(work)) for key in keys or (self.ksk, self.zsk)]
        command = ["ldns-signzone", "-i", _time_text(inception or self.inception), "-e",
                   _time_text(expiration or self.expiration), "-o", ORIGIN, "-f",
                   str(work / "signed"), str(work / "plain"), *bases]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if ran.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {ran.stdout}{ran.stderr}")
        return (work / "signed").read_text()


def _time_text(seconds):
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds))


_RRSIG = re.compile(r"^(\S+)\s+\d+\s+IN\s+RRSIG\s+(\S+)\s")


def with_other_signatures(text, other, is_replaced):
    """Each RRSIG for which is_replaced(owner, type) is taken from the version `other`."""
    of_rrset = {match.groups(): line for line in other.splitlines()
                if (match := _RRSIG.match(line))}
    lines = []
    for line in text.splitlines():
        match = _RRSIG.match(line)
        lines.append(of_rrset[match.groups()] if match and is_replaced(*match.groups()) else line)
    return "\n".join(lines) + "\n"


def with_broken_signatures(text, is_broken):
    """One bit of each RRSIG for which is_broken(owner, type) is wrong."""
    lines = []
    for line in text.splitlines():
        match = _RRSIG.match(line)
        if match and is_broken(*match.groups()):
            front, signature = line.rsplit(None, 1)
            octets = bytearray(base64.b64decode(signature))
            octets[-1] ^= 1
            line = f"{front} {base64.b64encode(octets).decode()}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _delegation(owner):
    """The number of the delegation, or None."""
    match = re.fullmatch(r"d(\d+)\.example\.", owner)
    return int(match[1]) if match else None


class Incident(typing.NamedTuple):
    name: str
    title: str  # Of its row in docs/operation.md.
    make: typing.Callable[[Signer], str]
    gate: str  # The one that refuses; "": the version is not even transferred.
    says: str  # The log; a pattern.
    without: str = ""  # YAML that turns that gate off.


def _cut_to_a_third(signer):
    """.de, May 2010: a file that had been written in part was signed and published."""
    return signer.sign(registry(NAMES // 3))


def _a_third_by_another_key(signer):
    """.de, May 2026: two keys had one tag, and a third of the new signatures was by the one that
    was not in the zone."""
    records, times = registry(), {"inception": signer.inception + 3600}
    good = signer.sign(records, **times)
    bad = signer.sign(records, serial=signer.serial, keys=(signer.ksk, signer.twin), **times)
    count = iter(range(10**6))
    return with_other_signatures(
        good, bad, lambda owner, rdtype: rdtype != "DNSKEY" and next(count) % 3 == 0)


def _some_signatures_broken(signer):
    """.se, 4 February 2022, from 10:20 to 15:20: six hourly versions, each with more signatures
    that did not verify. The first one (2022020410) had 426 of DS and 795 of NSEC RRsets among
    8.7 M records; the signing system had made them. The registry has not said more about the cause.
    Modelled: three and five of the signatures that the version adds; all others are good."""
    text = signer.sign(registry(), inception=signer.inception + 7200)
    bad_ds, bad_nsec = {30, 90, 150}, {31, 61, 91, 121, 151}
    return with_broken_signatures(
        text, lambda owner, rdtype: _delegation(owner) in {"DS": bad_ds,
                                                          "NSEC": bad_nsec}.get(rdtype, ()))


def _busy_name_emptied(signer):
    """DynamoDB in us-east-1, October 2025: automation removed all addresses of the service's
    name."""
    return signer.sign(registry(without=("busy",)))


def _lonely_name_emptied(signer):
    """The same for a name to which no record of the zone points."""
    return signer.sign(registry(without=("lonely",)))


def _serial_backward(signer):
    return signer.sign(registry(NAMES + 1), serial=signer.published - 1)


def _keys_swapped(signer):
    """Signed well, by keys that nobody has a DS record for."""
    return signer.sign(registry(), keys=(make_key(257), make_key(256)))


def _near_expiry(signer):
    return signer.sign(registry(), expiration=int(time.time()) + _DAY // 2)


def _zonemd_wrong(signer):
    """RFC 8976; the digest is signed, but is not that of the zone."""
    return signer.sign([*registry(), f"@ ZONEMD {signer.highest + 1} 1 1 {'5a' * 48}"])


INCIDENTS = (
    Incident("de_2010", "zone cut to a third (.de 2010)", _cut_to_a_third, "size",
             r"is the first name removed: the zone shrinks from \d+ to \d+ records",
             "shrink_max: none"),
    Incident("de_2026", "a third of the new signatures by another key with the tag (.de 2026)",
             _a_third_by_another_key, "dnssec", r"example\. \w+: the signature by key \d+ does not "
             "verify", "dnssec: off"),
    Incident("se_2022", "a few new signatures wrong (.se 2022)", _some_signatures_broken, "dnssec",
             r"d\d+\.example\. (DS|NSEC): the signature by key \d+ does not verify", "dnssec: off"),
    Incident("emptied", "addresses of a busy name removed (DynamoDB 2025)", _busy_name_emptied,
             "empty_rrset", r"busy\.example\. A has been removed, but _https\._tcp\.example\. SRV "
             "still points there", "shrink_max: none"),
    Incident("lonely", "the same, but no record points to the name", _lonely_name_emptied,
             "empty_rrset", r"lonely\.example\. A is missing, which keep_rrsets asks for",
             "keep_rrsets: []"),
    Incident("backward", "serial one back", _serial_backward, "", ""),
    Incident("swapped", "all DNSKEYs replaced", _keys_swapped, "dnskey",
             r"example\. DNSKEY: no key is one of the last good version", "dnskey: pass"),
    Incident("expiry", "new signatures expire in 12 hours", _near_expiry, "dnssec",
             r"the signature by key \d+ expires at \d+, in less than 24h", "expires_in_min: 0"),
    Incident("zonemd", "ZONEMD wrong", _zonemd_wrong, "zonemd",
             r"example\. ZONEMD: the digest is not that of the zone", "zonemd: ignore"),
)


def ordinary_changes(signer):
    """(what, text): each after the one before. All of these must be published."""
    yield "re-signed with new times", signer.sign(registry(), inception=signer.inception + 10_000)
    grown = registry(NAMES + NAMES * 3 // 100)
    yield "3 % growth", signer.sign(grown)
    yield "and back", signer.sign(registry())
    old_zsk, new_zsk = signer.zsk, make_key(256)  # RFC 6781 §4.1.1.1, pre-publication.
    yield "ZSK published", signer.sign(registry(), published=[new_zsk])
    yield "ZSK in use", signer.sign(registry(), keys=(signer.ksk, new_zsk), published=[old_zsk])
    signer.zsk = new_zsk
    yield "ZSK withdrawn", signer.sign(registry())
    new_ksk = make_key(257)  # RFC 6781 §4.1.2, double signature.
    yield "KSKs both sign", signer.sign(registry(), keys=(signer.ksk, new_ksk, signer.zsk))
    signer.ksk = new_ksk
    yield "old KSK withdrawn", signer.sign(registry())
