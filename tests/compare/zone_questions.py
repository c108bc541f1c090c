"""Questions made from a zone's names: what exists, what hangs below it, what does not exist."""

import wire

_APEX_TYPES = (wire.SOA, wire.NS, wire.A, wire.AAAA, wire.MX, wire.TXT, wire.DS, wire.DNSKEY,
               wire.NSEC, wire.NSEC3PARAM, wire.RRSIG, wire.ANY, 63, 257, 65, 65280)
_OWNER_TYPES = (wire.A, wire.NS, wire.DS, wire.MX, wire.NSEC)


def _records(path):
    """(owner, type word, last word) of a file with one record a line and absolute names."""
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) > 4 and not line.startswith(";"):
            yield words[0], words[3], words[4]


def made_from(path, apex):
    """(name in wire form, type), each once, in a fixed order."""
    delegated, servers = {}, {}
    for owner, kind, target in _records(path):
        if kind == "NS":
            delegated[wire.name_wire(owner.lower())] = None
            servers[wire.name_wire(target.lower())] = None
    delegated.pop(apex, None)
    made = dict.fromkeys((apex, rdtype) for rdtype in _APEX_TYPES)
    for name in delegated:
        made.update(dict.fromkeys((name, rdtype) for rdtype in _OWNER_TYPES))
        made[b"\3www" + name, wire.A] = None
        made[b"\3www" + name, wire.DS] = None  # Belongs to the child: a referral.
        label = name[1:1 + name[0]][:60]
        sibling = bytes([len(label) + 3]) + label + b"-no" + name[1 + name[0]:]
        made[sibling, wire.A] = None
        made[b"\4Mail\3www" + sibling, wire.MX] = None
    for name in servers:
        if name.endswith(apex):  # Others are refused, which one question shows as well.
            made[name, wire.A] = None
            made[name, wire.AAAA] = None
    made[wire.name_wire("out.of.zone.example."), wire.A] = None
    return list(made)
