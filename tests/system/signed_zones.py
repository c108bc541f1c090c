"""Zones signed by ldns-signzone with keys made on the spot, one way for each kind of denial."""

import subprocess
import typing

import wire


class Signing(typing.NamedTuple):
    name: str
    flags: tuple  # Of ldns-signzone.
    opt_out: bool = False


SIGNINGS = [
    Signing("nsec", ()),
    Signing("nsec3", ("-n", "-t", "0")),  # As RFC 9276 §3.1 wants it.
    Signing("nsec3_salted", ("-n", "-t", "5", "-s", "c0ffee")),
    Signing("nsec3_optout", ("-n", "-p", "-t", "0"), opt_out=True),
    Signing("nsec3_optout_salted", ("-n", "-p", "-t", "5", "-s", "5a17"), opt_out=True),
]

SMALL_ORIGIN = "example."

# Each corner that a proof may have to turn. Delegations: secure has a DS, the others none.
SMALL_ZONE = """\
$ORIGIN example.
$TTL 3600
@            SOA   ns1 root 1 7200 900 1209600 600
@            NS    ns1
@            NS    ns2
ns1          A     192.0.2.1
ns2          AAAA  2001:db8::2
host         A     192.0.2.3
host         MX    10 mail
mail         A     192.0.2.4
; wild exists only because of the names below it.
*.wild       A     192.0.2.5
*.wild       TXT   "any"
taken.wild   A     192.0.2.6
x.ent.wild   A     192.0.2.7
*.alias      CNAME host
*.lost       CNAME missing
*.leaves     CNAME www.example.net.
*.chain      CNAME x.wild
leaf.a.b.ent A     192.0.2.8
cname        CNAME host
cname2       CNAME cname
tonowhere    CNAME missing
tonodata     CNAME ns1
towild       CNAME x.wild
tosecure     CNAME www.secure
toinsecure   CNAME www.insecure
toent        CNAME b.ent
dname        DNAME target
a.target     A     192.0.2.9
secure       NS    ns.secure
secure       DS    12345 13 2 {digest}
ns.secure    A     192.0.2.10
insecure     NS    ns.insecure
ns.insecure  A     192.0.2.11
under.empty  NS    ns.under.empty
ns.under.empty A   192.0.2.12
zz           NS    ns.example.net.
""".format(digest="ab" * 32)

_ADDED_TO_ROOT = """\
*.wildcard-test. 3600 IN TXT "from the wildcard"
taken.wildcard-test. 3600 IN TXT "a name of its own"
leaf.between.ent-test. 3600 IN TXT "below two empty non-terminals"
"""


def without_dnssec(path):
    """The text of a zone file, one absolute record a line, without what a signer will make."""
    made = {"RRSIG", "NSEC", "DNSKEY", "TYPE63"}
    lines = path.read_text().splitlines()
    return "".join(line + "\n" for line in lines if line.split()[3] not in made)


def unsigned_root(path):
    """With a few names for wildcards and empty non-terminals; the real one has none."""
    return without_dnssec(path) + _ADDED_TO_ROOT


class SignedZone(typing.NamedTuple):
    origin: str
    path: object
    key_path: object  # The public key.
    signing: Signing


def sign(folder, origin, text, signing):
    """Signs with one ECDSA P-256 key (quick; RFC 8624 §3.1 requires it of all validators)."""
    folder.mkdir(parents=True, exist_ok=True)
    plain, signed = folder / "plain.zone", folder / f"{signing.name}.zone"
    plain.write_text(text)
    made = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", origin], cwd=folder,
                          check=True, capture_output=True, text=True)
    base = made.stdout.strip()
    subprocess.run(["ldns-signzone", *signing.flags, "-o", origin, "-f", str(signed), str(plain),
                    base], cwd=folder, check=True, capture_output=True, text=True, timeout=120)
    return SignedZone(origin, signed, folder / f"{base}.key", signing)


class Case(typing.NamedTuple):
    name: str
    type: int
    expected: str  # See validation.check().


# "unsigned" is NODATA at a name that may go without an NSEC3 in an opt-out zone (RFC 5155 §7.1);
# "secure"/"insecure" are referrals, with or without a DS; "outside" ends where we have no say.
SMALL_CASES = [Case(*case) for case in (
    ("example.", wire.SOA, "answer"),
    ("example.", wire.DNSKEY, "answer"),
    ("example.", wire.TXT, "nodata"),
    ("example.", wire.DS, "nodata"),  # Our parent has it, but we have no parent.
    ("host.example.", wire.A, "answer"),
    ("host.example.", wire.TXT, "nodata"),
    ("host.example.", wire.DS, "nodata"),
    ("missing.example.", wire.A, "nxdomain"),
    ("a.b.c.missing.example.", wire.A, "nxdomain"),
    ("0.example.", wire.A, "nxdomain"),
    ("zzz.example.", wire.A, "nxdomain"),
    ("below.host.example.", wire.A, "nxdomain"),
    ("wild.example.", wire.A, "nodata"),
    ("x.wild.example.", wire.A, "answer"),
    ("a.b.c.wild.example.", wire.TXT, "answer"),
    ("x.wild.example.", wire.MX, "nodata"),
    ("a.b.wild.example.", wire.DS, "nodata"),
    ("*.wild.example.", wire.A, "answer"),
    ("*.wild.example.", wire.MX, "nodata"),
    ("taken.wild.example.", wire.A, "answer"),
    ("taken.wild.example.", wire.TXT, "nodata"),
    ("below.taken.wild.example.", wire.A, "nxdomain"),
    ("ent.wild.example.", wire.A, "nodata"),
    ("y.ent.wild.example.", wire.A, "nxdomain"),
    ("below.*.wild.example.", wire.A, "nxdomain"),
    ("x.alias.example.", wire.A, "answer"),
    ("x.alias.example.", wire.CNAME, "answer"),
    ("x.alias.example.", wire.TXT, "nodata"),
    ("x.lost.example.", wire.A, "nxdomain"),
    ("x.leaves.example.", wire.A, "outside"),
    ("x.chain.example.", wire.A, "answer"),
    ("x.chain.example.", wire.MX, "nodata"),
    ("ent.example.", wire.A, "nodata"),
    ("b.ent.example.", wire.A, "nodata"),
    ("a.b.ent.example.", wire.NS, "nodata"),
    ("c.b.ent.example.", wire.A, "nxdomain"),
    ("cname.example.", wire.A, "answer"),
    ("cname.example.", wire.CNAME, "answer"),
    ("cname2.example.", wire.MX, "answer"),
    ("cname2.example.", wire.TXT, "nodata"),
    ("cname.example.", wire.DS, "nodata"),
    ("tonowhere.example.", wire.A, "nxdomain"),
    ("tonodata.example.", wire.TXT, "nodata"),
    ("towild.example.", wire.A, "answer"),
    ("towild.example.", wire.MX, "nodata"),
    ("tosecure.example.", wire.A, "secure"),
    ("toinsecure.example.", wire.A, "insecure"),
    ("toent.example.", wire.A, "nodata"),
    ("dname.example.", wire.DNAME, "answer"),
    ("dname.example.", wire.A, "nodata"),
    ("a.dname.example.", wire.A, "answer"),
    ("a.dname.example.", wire.TXT, "nodata"),
    ("b.dname.example.", wire.A, "nxdomain"),
    ("secure.example.", wire.A, "secure"),
    ("secure.example.", wire.NS, "secure"),
    ("www.secure.example.", wire.A, "secure"),
    ("www.secure.example.", wire.DS, "secure"),
    ("ns.secure.example.", wire.A, "secure"),
    ("secure.example.", wire.DS, "answer"),
    ("insecure.example.", wire.A, "insecure"),
    ("a.b.c.insecure.example.", wire.A, "insecure"),
    ("insecure.example.", wire.DS, "unsigned"),
    ("under.empty.example.", wire.A, "insecure"),
    ("under.empty.example.", wire.DS, "unsigned"),
    ("empty.example.", wire.A, "unsigned"),
    ("empty.example.", wire.DS, "unsigned"),
    ("other.empty.example.", wire.A, "nxdomain"),
    ("zz.example.", wire.NS, "insecure"),
    ("zz.example.", wire.DS, "unsigned"),
)]


def zone_cases(text, origin, count, random):
    """Questions made from a zone's names: `count` of its delegations are drawn, some insecure."""
    owners = {}
    for line in text.splitlines():
        owner, _, _, kind, *_ = line.split()
        owners.setdefault(owner.lower(), set()).add(kind)
    delegated = sorted(owner for owner, kinds in owners.items()
                       if "NS" in kinds and owner != origin)
    insecure = [owner for owner in delegated if "DS" not in owners[owner]]
    drawn = set(random.sample(delegated, min(count, len(delegated))))
    drawn |= set(random.sample(insecure, min(count, len(insecure))))
    cases = [Case(origin, rdtype, "answer") for rdtype in (wire.SOA, wire.NS, wire.DNSKEY)]
    cases += [Case(origin, rdtype, "nodata") for rdtype in (wire.A, wire.MX, wire.DS)]
    for name in sorted(drawn):
        cases += _delegation_cases(name, "DS" in owners[name])
        if origin == ".":
            cases += [
                Case(name + "wildcard-test.", wire.TXT, "answer"),
                Case("www." + name + "wildcard-test.", wire.A, "nodata"),
                Case(name + "taken.wildcard-test.", wire.TXT, "nxdomain"),
            ]
    if origin == ".":
        cases += [Case("ent-test.", wire.A, "nodata"), Case("between.ent-test.", wire.A, "nodata"),
                  Case("other.ent-test.", wire.A, "nxdomain")]
    return cases


def _delegation_cases(name, signed):
    kind = "secure" if signed else "insecure"
    label, parent = name.split(".", 1)
    return [
        Case(name, wire.A, kind),
        Case("www.example." + name, wire.A, kind),
        Case(name, wire.DS, "answer" if signed else "unsigned"),
        Case(f"{label[:50]}-no.{parent}", wire.A, "nxdomain"),
        Case(f"mail.0{label[:50]}.{parent}", wire.MX, "nxdomain"),
    ]
