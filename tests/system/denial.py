"""Judges signed answers as a validator does: RFC 4035 §5 for NSEC, RFC 5155 §8 for NSEC3.

Written from the RFCs alone; it knows nothing of how a server finds its proofs. validation.py asks
whether all is proven here, and whether all is needed: a proof that holds without one of its NSEC
or NSEC3 records is too long.
"""

import base64
import hashlib
import struct

import dns.dnssec
import dns.name
import dns.rdata
import dns.rrset
import wire


def labels(name):
    """The labels from the root down, so that tuples compare in canonical order (RFC 4034 §6.1)."""
    found, at = [], 0
    while name[at]:
        found.append(name[at + 1:at + 1 + name[at]])
        at += 1 + name[at]
    return tuple(reversed(found))


def name_of(parts):
    return b"".join(bytes([len(part)]) + part for part in reversed(parts)) + b"\0"


def _types(bitmap):
    found, at = set(), 0
    while at < len(bitmap):
        window, length = bitmap[at], bitmap[at + 1]
        for index, octet in enumerate(bitmap[at + 2:at + 2 + length]):
            found.update(window * 256 + index * 8 + bit for bit in range(8) if octet & 0x80 >> bit)
        at += 2 + length
    return found


def _denies_type(types, rdtype, at_apex):
    """The bitmap is of the right side of a zone cut and has neither the type nor an alias."""
    if rdtype in types or wire.CNAME in types:
        return False
    if rdtype == wire.DS:  # RFC 4035 §5.2: the parent's bitmap, which has no SOA; root: no parent.
        return wire.SOA not in types or at_apex
    return wire.NS not in types or wire.SOA in types


class Nsec:
    """One NSEC record (RFC 4034 §4.1)."""

    def __init__(self, record):
        self.owner = labels(record.owner)
        end = next_name_end(record.rdata)
        self.next = labels(record.rdata[:end])
        self.types = _types(record.rdata[end:])

    def matches(self, name):
        return self.owner == name

    def covers(self, name):
        cut = wire.NS in self.types and wire.SOA not in self.types
        if (cut or wire.DNAME in self.types) and name[:len(self.owner)] == self.owner:
            return False  # RFC 6840 §4.1: says nothing of names below.
        if self.owner < self.next:
            return self.owner < name < self.next
        return name > self.owner  # The last one; its next is the apex.

    def shows_ent(self, name):
        return self.covers(name) and self.next[:len(name)] == name

    def encloser(self, name):
        """The longest ancestor of a covered name that this record shows to exist."""
        def common(other):
            count = 0
            while count < min(len(name), len(other)) and name[count] == other[count]:
                count += 1
            return count
        return name[:max(common(self.owner), common(self.next))]


def next_name_end(rdata):
    at = 0
    while rdata[at]:
        at += 1 + rdata[at]
    return at + 1


class NsecProofs:
    """What a set of NSEC records proves within one zone."""

    def __init__(self, records, apex):
        self._records = [Nsec(record) for record in records]
        self._apex = apex

    def no_name(self, name):
        return any(any(wild.covers(covering.encloser(name) + (b"*",)) for wild in self._records)
                   for covering in self._covering(name))

    def _covering(self, name):
        return [r for r in self._records if r.covers(name) and not r.shows_ent(name)]

    def no_type(self, name, rdtype):
        if any(r.matches(name) and _denies_type(r.types, rdtype, name == self._apex)
               for r in self._records):
            return True
        if any(r.shows_ent(name) for r in self._records):
            return True
        for covering in self._covering(name):  # RFC 4035 §3.1.3.4: by a wildcard.
            wildcard = covering.encloser(name) + (b"*",)
            if any(r.matches(wildcard) and _denies_type(r.types, rdtype, False)
                   for r in self._records):
                return True
        return False

    def no_signed_name(self, name, rdtype):
        return self.no_type(name, rdtype)  # NSEC has no opt-out.

    def no_closer_match(self, name, encloser_labels):
        """RFC 4035 §5.3.4: the wildcard below so many labels was the best there is."""
        return any(len(r.encloser(name)) <= encloser_labels for r in self._covering(name))

    def no_ds(self, cut):
        return any(r.matches(cut) and wire.NS in r.types and not r.types & {wire.DS, wire.SOA}
                   for r in self._records)


class Nsec3:
    """One NSEC3 record (RFC 5155 §3)."""

    def __init__(self, record):
        rdata = record.rdata
        self.algorithm, self.flags, self.iterations, salt = struct.unpack_from(">BBHB", rdata)
        self.salt, at = rdata[5:5 + salt], 5 + salt
        self.owner = base64.b32decode(_TO_BASE32[labels(record.owner)[-1]])
        self.next = rdata[at + 1:at + 1 + rdata[at]]
        self.types = _types(rdata[at + 1 + rdata[at]:])
        self.opt_out = bool(self.flags & 1)
        self._hashes = {}

    def hash(self, name):
        return nsec3_hash(name_of(name), self.salt, self.iterations)

    def matches(self, name):
        return self.owner == self.hash(name)

    def covers(self, name):
        hashed = self.hash(name)
        if self.owner < self.next:
            return self.owner < hashed < self.next
        return hashed > self.owner or hashed < self.next


class _Base32Hex(dict):
    """RFC 4648 §7 to §6, in the case of letters that base64 wants."""
    _table = bytes.maketrans(b"0123456789ABCDEFGHIJKLMNOPQRSTUV",
                             b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

    def __missing__(self, label):
        return label.upper().translate(self._table)


_TO_BASE32 = _Base32Hex()
_hashes = {}


def nsec3_hash(name, salt, iterations):
    key = name, salt, iterations
    if key not in _hashes:
        digest = hashlib.sha1(name + salt).digest()
        for _ in range(iterations):
            digest = hashlib.sha1(digest + salt).digest()
        _hashes[key] = digest
    return _hashes[key]


class Nsec3Proofs:
    """What a set of NSEC3 records proves within one zone."""

    def __init__(self, records, apex):
        self._records = [Nsec3(record) for record in records]
        self._apex = apex

    def _encloser(self, name):
        """RFC 5155 §8.3: the closest encloser, and the records that cover the next closer name."""
        for length in range(len(name) - 1, len(self._apex) - 1, -1):
            for match in self._records:
                if not match.matches(name[:length]):
                    continue
                cut = wire.NS in match.types and wire.SOA not in match.types
                if cut or wire.DNAME in match.types:
                    return None, []
                closer = [r for r in self._records if r.covers(name[:length + 1])]
                return name[:length], closer
        return None, []

    def no_name(self, name):  # §8.4
        encloser, closer = self._encloser(name)
        return bool(closer) and any(r.covers(encloser + (b"*",)) for r in self._records)

    def no_type(self, name, rdtype):
        """The kind of proof, for a longer kind may not be cut to a weaker one; empty: none."""
        if any(r.matches(name) and _denies_type(r.types, rdtype, name == self._apex)
               for r in self._records):
            return "match"  # §8.5, §8.6
        encloser, closer = self._encloser(name)
        if closer and any(
                r.matches(encloser + (b"*",)) and _denies_type(r.types, rdtype, False)
                for r in self._records):
            return "wildcard"  # §8.7
        return ""

    def no_signed_name(self, name, rdtype):
        """§8.6: no DS; likewise an empty non-terminal above insecure delegations only (§7.1)."""
        if any(r.matches(name) for r in self._records):
            return self.no_type(name, rdtype)
        return "opt-out" if any(r.opt_out for r in self._encloser(name)[1]) else ""

    def no_closer_match(self, name, encloser_labels):  # §8.8
        return any(r.covers(name[:encloser_labels + 1]) for r in self._records)

    def no_ds(self, cut):  # §8.9
        if any(r.matches(cut) and wire.NS in r.types and not r.types & {wire.DS, wire.SOA}
               for r in self._records):
            return True
        return any(r.opt_out for r in self._encloser(cut)[1])


class Validator:
    """Checks RRSIGs with one zone's key; remembers what it has seen, as most records come again."""

    def __init__(self, key_path, origin):
        words = key_path.read_text().split(";")[0].split()
        key = dns.rdata.from_text("IN", "DNSKEY", " ".join(words[words.index("DNSKEY") + 1:]))
        zone = dns.name.from_text(origin)
        self._keys = {zone: dns.rrset.from_rdata(zone, 3600, key)}
        self._seen = {}

    def fault(self, rrset, signatures):
        """None if one signature is good, else what is wrong."""
        at = frozenset(rrset), frozenset(signatures)
        if at not in self._seen:
            try:
                dns.dnssec.validate(_rrset(rrset), _rrset(signatures), self._keys)
                self._seen[at] = None
            except dns.dnssec.ValidationFailure as error:
                self._seen[at] = str(error) or "no good signature"
        return self._seen[at]


def _rrset(records):
    first = records[0]
    return dns.rrset.from_rdata_list(
        dns.name.from_wire(first.owner, 0)[0], first.ttl,
        [dns.rdata.from_wire(r.klass, r.type, r.rdata, 0, len(r.rdata)) for r in records])
