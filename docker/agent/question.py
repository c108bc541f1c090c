"""One SOA query with NSID, and its answer (RFC 1035 §4, RFC 5001)."""

import dataclasses
import struct

_SOA, _IN, _OPT, _NSID = 6, 1, 41, 3
_NAME_LABELS_MAX = 128


@dataclasses.dataclass
class Answer:
    nsid: str
    serial: int


def make(number, name):
    """RD is not set: no server here recurses."""
    header = struct.pack("!6H", number, 0, 1, 0, 0, 1)
    owner = b"".join(bytes([len(label)]) + label.encode()
                     for label in name.split(".") if label) + b"\0"
    nsid = struct.pack("!HH", _NSID, 0)
    opt = b"\0" + struct.pack("!HHIH", _OPT, 1232, 0, len(nsid)) + nsid
    return header + owner + struct.pack("!HH", _SOA, _IN) + opt


def _after_name(data, at):
    for _ in range(_NAME_LABELS_MAX):
        length = data[at]
        if length >= 0xc0:  # A compression pointer ends a name.
            return at + 2
        at += 1 + length
        if length == 0:
            return at
    raise ValueError("a name without an end")


def _serial(data, at):
    for _ in range(2):  # MNAME, RNAME
        at = _after_name(data, at)
    return struct.unpack_from("!I", data, at)[0]


def _nsid(rdata):
    at = 0
    while at + 4 <= len(rdata):
        code, length = struct.unpack_from("!HH", rdata, at)
        if code == _NSID:
            return rdata[at + 4:at + 4 + length].decode("ascii", "replace")
        at += 4 + length
    return ""


def read(data, number):
    """None unless it is a NOERROR answer with an SOA to our query."""
    try:
        got, flags, questions, answers, authorities, more = struct.unpack_from("!6H", data)
        if got != number or not flags & 0x8000 or flags & 0x000f or not answers:
            return None
        at, nsid, serial = 12, "", None
        for _ in range(questions):
            at = _after_name(data, at) + 4
        for _ in range(answers + authorities + more):
            at = _after_name(data, at)
            kind, _, _, length = struct.unpack_from("!HHIH", data, at)
            at += 10
            if kind == _SOA and serial is None:
                serial = _serial(data, at)
            if kind == _OPT:
                nsid = _nsid(data[at:at + length])
            at += length
    except (IndexError, ValueError, struct.error):
        return None
    return None if serial is None else Answer(nsid, serial)
