"""What BIND 9.18 reads otherwise than we do, each with its reason.

Of a record that one side alone reads, `octets` are what that one makes of it.
"""

import re
from dataclasses import dataclass
from typing import Callable

WE = "we refuse"
BIND = "BIND refuses"

UNKNOWN_FORM = re.compile(r"\\# ")
DIGESTS = "DS CDS DLV TA".split()
KEYS = "DNSKEY CDNSKEY KEY RKEY".split()
SIGNATURES = "RRSIG SIG".split()
ALGORITHM_AT = {"RRSIG": 2} | dict.fromkeys(KEYS, 3)


@dataclass
class Record:
    rrtype: str
    fields: str
    octets: bytes
    error: str  # Of the one who refuses it.


@dataclass
class Difference:
    types: list
    who: str
    when: Callable[[Record], bool]
    why: str


def fields(record):
    return record.fields.split()


def private_algorithm(record):
    at = ALGORITHM_AT[record.rrtype]
    return record.octets[at:at + 1] in (b"\xfd", b"\xfe")


def signer_labels(record):
    """How many labels the signer's name has, the root not counted."""
    at, count = 18, 0
    while record.octets[at]:
        at += 1 + record.octets[at]
        count += 1
    return count


def has_service_name(record):
    """A service by name; BIND asks the host's /etc/services, by protocol."""
    return "unknown service" in record.error or "unknown protocol" in record.error


DIFFERENCES = [
    Difference("CLA IPN".split(), BIND, lambda r: "unknown RR type" in r.error,
               "newer than BIND 9.18 (draft-johnson-dns-ipn-cla)"),
    Difference(DIGESTS, WE, lambda r: r.octets[3] in (3, 5, 6) and "wrong length" in r.error,
               "digest types 3, 5 and 6 have 32 octets (RFC 5933 §4, RFC 9558, RFC 9563), which "
               "BIND does not know"),
    Difference(DIGESTS + KEYS + SIGNATURES + ["CERT"], BIND, lambda r:
               "unknown class/type" in r.error,
               "IANA's mnemonics of algorithms that BIND knows by others or not at all"),
    Difference(KEYS, BIND, private_algorithm,
               "what a key of algorithm 253 or 254 begins with (RFC 4034 §A.1.1) is for "
               "validators to judge"),
    Difference(["RRSIG"], BIND, private_algorithm,
               "what a signature of algorithm 253 or 254 begins with (RFC 4034 §A.1.1) is for "
               "validators to judge"),
    Difference(["RRSIG"], BIND, lambda r: r.octets[3] < signer_labels(r),
               "fewer labels than the signer's name has: no validator takes it (RFC 4035 §5.3.1), "
               "and it harms none; a signature is served as signed"),
    Difference(["SIG"], BIND, lambda r: "syntax error" in r.error and
               re.search(r"'\d{1,10}'", r.error) is not None,
               "times in seconds, which RFC 4034 §3.2 brought to RRSIG, are read in SIG as well"),
    Difference("EUI48 EUI64".split(), WE, lambda r: "hexadecimal form" in r.error,
               "two digits an octet and nothing after them (RFC 7043 §3.2, §4.2); BIND scans with "
               "sscanf() and leaves the rest"),
    Difference(["IPSECKEY"], BIND, lambda r: r.octets[2] == 0 and "unexpected end" in r.error,
               "algorithm 0 says that there is no key (RFC 4025 §2.4)"),
    Difference(KEYS, WE, lambda r: "is not a number from 0 to" in r.error or
               "is neither a number up to 65535" in r.error,
               "flags and protocol are decimal numbers (RFC 4034 §2.2) or the words of RFC 2535 "
               "§7.1; BIND also tries hexadecimal, and takes how a word begins"),
    Difference(SIGNATURES + ["DSYNC"], WE, lambda r: "is not a record type" in r.error and
               re.search(r"'[+-]?\d+'", r.error) is not None,
               "a type is a mnemonic or TYPE and a number (RFC 3597 §5, RFC 4034 §3.2)"),
    Difference("SVCB HTTPS".split(), WE, lambda r: "is quoted" in r.error and
               fields(r)[1][:1] == '"',
               "names stand without quotes (RFC 1035 §5.1), in all other types of BIND's as well"),
    Difference("SVCB HTTPS".split(), WE, lambda r: "tls-supported-groups" in r.error,
               "key 9 is newer than BIND 9.18, which takes all octets for it"),
    Difference("SVCB HTTPS".split(), WE, lambda r: "parameters: alpn" in r.error and
               re.search(r"alpn=\S*\\", r.fields) is not None,
               "in a list a backslash stands before a comma or a backslash alone (RFC 9460 §A.1)"),
    Difference("SVCB HTTPS".split(), WE, lambda r: "parameters: ech" in r.error and
               re.search(r'ech="[^"]*[ \t]', r.fields) is not None,
               "ech is one base64 string (RFC 9460 §7.3), without blanks in its quotes"),
    Difference("SVCB HTTPS".split(), BIND, lambda r: b"{" in r.octets and b"dns" in r.octets and
               "FORMERR" in r.error,
               "that dohpath is UTF-8, and a template in all else (RFC 9461 §5), is for clients to "
               "judge"),
    Difference(["X25"], BIND, lambda r: "\\" in r.fields and "out of range" in r.error,
               "escapes stand for the same digits (RFC 1035 §5.1)"),
    Difference("SVCB HTTPS".split(), WE, lambda r: "key65535" in r.error,
               "key 65535 is invalid (RFC 9460 §14.3.2)"),
    Difference("CSYNC NSEC NSEC3 DSYNC RRSIG SIG".split(), WE, lambda r:
               re.search(r"(?i)(^|\s)TYPE[+-]", r.fields) is not None,
               "TYPE and a number without a sign (RFC 3597 §5)"),
    Difference("CSYNC NSEC NSEC3".split(), WE, lambda r:
               re.search(r"(?i)\sTYPE0+(\s|$)", r.fields) is not None,
               "there is no type 0 to set a bit for (RFC 4034 §4.1.2)"),
    Difference("TXT SPF AVC NINFO RESINFO WALLET".split(), WE, lambda r:
               "\\# without a length" in r.error or "quoted after \\#" in r.error,
               "a first field \\# begins the form of RFC 3597 §5, whatever follows"),
    Difference(["LOC"], WE, lambda r: "a version other than 0" in r.error,
               "only version 0 has a form (RFC 1876 §2)"),
    Difference(["LOC"], WE, lambda r: re.search(r"'\+[0-9.]+m?' is no altitude", r.error)
               is not None,
               "an altitude has no plus sign (RFC 1876 §3)"),
    Difference(["LOC"], WE, lambda r: re.search(r"'[+-][0-9.]+m?' is no size", r.error)
               is not None,
               "a size has no sign (RFC 1876 §3)"),
    Difference(["APL"], WE, lambda r: re.search(r"'!?[+-]\S*' is of a family", r.error)
               is not None,
               "a family is a number without a sign (RFC 3123 §5)"),
    Difference("NID L64".split(), WE, lambda r: "four groups" in r.error and
               re.search(r":'", r.error) is not None,
               "four groups and no colon after them (RFC 6742 §2.1.2, §2.3.2)"),
    Difference(["AMTRELAY"], WE, lambda r: "unknown type" in r.error,
               "relays of types above 3 have no form yet (RFC 8777 §4.2.3)"),
    Difference(["RKEY"], BIND, lambda r: r.octets[:2] != b"\0\0" and "FORMERR" in r.error,
               "the draft keeps RKEY's flags for later; BIND wants them to be 0"),
    Difference(["LOC"], BIND, lambda r: any(0 < size < 16 for size in r.octets[1:4]),
               "a size of 0 times a power of ten is a size of 0 (RFC 1876 §2)"),
    Difference(["LOC"], BIND, lambda r: not UNKNOWN_FORM.match(r.fields) and
               re.search(r"(^|\s)[nsew](\s|$)|\dM(\s|$)|\.M", r.fields) is not None,
               "directions and the m of metres in either case, as in the code of RFC 1876 §A"),
    Difference(["LOC"], WE, lambda r: re.search(r"'90000000\.\d+m?'", r.error) is not None,
               "a size of over 90000000.00 m (RFC 1876 §3), which BIND rounds down"),
    Difference(["NAPTR"], BIND, lambda r: "syntax error" in r.error or "FORMERR" in r.error,
               "the substitution expression is for clients to judge (RFC 3402 §3.2)"),
    Difference(["NSEC"], BIND, lambda r: "FORMERR" in r.error or "unexpected end" in r.error,
               "the empty type bitmap; RFC 4034 §4.1.2 sets no least, and it is served as signed"),
    Difference(["SSHFP"], WE, lambda r: "too early" in r.error,
               "a fingerprint is not empty (RFC 4255 §3.1.3)"),
    Difference(["URI"], WE, lambda r: "empty target" in r.error,
               "the target is not empty (RFC 7553 §4.4)"),
    Difference(["URI"], BIND, lambda r: '"' != fields(r)[2][:1],
               "the quotes around a target without blanks, which RFC 7553 §4.5 shows, change "
               "nothing"),
    Difference(["CAA"], BIND, lambda r: "unexpected token" in r.error and
               fields(r)[1][:1] == '"',
               "the quotes around a tag change nothing, and many write them"),
    Difference(["CAA"], BIND, lambda r: "syntax error" in r.error and "\\" in r.error,
               "escapes in a tag stand for the same letters (RFC 1035 §5.1)"),
    Difference(["WKS"], BIND, has_service_name,
               "services by name are the same on each host, whatever its /etc/services says"),
    Difference(["WKS"], WE, lambda r: "known service" in r.error or "is not a protocol" in r.error,
               "services by name are the same on each host, whatever its /etc/services says"),
    Difference(["WKS"], BIND, lambda r: UNKNOWN_FORM.match(r.fields) is not None and
               r.octets[-1] == 0 and len(r.octets) > 5,
               "RFC 1035 §3.4.2 lets a port bitmap end in zeros"),
]


def reason_for(rrtype, text, ours, theirs):
    """Why the two differ, or None."""
    if ours[:1] != "!" and theirs[:1] != "!":
        return None
    who = WE if ours[:1] == "!" else BIND
    record = Record(rrtype, text, bytes.fromhex(theirs if who == WE else ours),
                    ours if who == WE else theirs)
    for difference in DIFFERENCES:
        if rrtype in difference.types and who == difference.who and difference.when(record):
            types = rrtype if len(difference.types) == 1 else "/".join(difference.types)
            return f"{who} {types}: {difference.why}"
    return None
