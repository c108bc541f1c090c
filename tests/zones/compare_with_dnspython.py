#!/usr/bin/python3
"""Reads zone files with dump_zone and with dnspython: both must see the same records.

    compare_with_dnspython.py DUMP_ZONE ORIGIN=FILE...

With "BIND/" before a FILE, named-compilezone reads it and dnspython what that writes: for
$GENERATE, where dnspython knows less.

In a FILE, "CORPUS/" stands for the folder data/ of $HITHER_CORPUS. Exit status 77 (skipped) if
that is not set.
"""

import os
import subprocess
import sys
import tempfile
from collections import Counter

import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.zonefile

# dnspython 2.3 has no text form for these; rdata_test.cc and rdata_ldns_test.cc judge them.
UNKNOWN_TO_DNSPYTHON = set(
    """MD MF MB MG MR MINFO SIG KEY EID NIMLOC ATMA SINK RKEY TALINK TA DSYNC HHIT BRID DOA RESINFO
       WALLET CLA IPN""".split()
)


class Collector:
    """What dns.zonefile.Reader takes for a transaction: it only keeps the records."""

    def __init__(self, origin):
        self.manager = self
        self.origin = origin
        self.records = Counter()

    def origin_information(self):
        return (self.origin, False, self.origin)

    def check_put_rdataset(self, _):
        pass

    def _set_origin(self, _):
        pass

    def add(self, name, ttl, rdata):
        wire = rdata.to_wire(origin=self.origin).hex()
        self.records[(name.to_wire().hex(), int(rdata.rdtype), ttl, wire)] += 1


def is_judged(line):
    fields = line.split(";")[0].split()
    return not any(field in UNKNOWN_TO_DNSPYTHON for field in fields[:4])


def read_with_dnspython(origin, path):
    with open(path, encoding="latin-1") as file:
        text = "".join(line if is_judged(line) else "\n" for line in file)
    collector = Collector(dns.name.from_text(origin))
    tokenizer = dns.tokenizer.Tokenizer(text, path)
    dns.zonefile.Reader(tokenizer, dns.rdataclass.IN, collector).read()
    return collector.records


def read_with_bind(origin, path):
    """Of each RRset, named-compilezone keeps one of equal records."""
    with tempfile.NamedTemporaryFile() as output:
        command = ["/usr/bin/named-compilezone", "-i", "none", "-k", "ignore", "-n", "ignore",
                   "-q", "-o", output.name, origin, path]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"{path}: named-compilezone refuses it:\n{result.stdout[:2000]}")
        return read_with_dnspython(origin, output.name)


def read_with_ours(program, origin, path):
    result = subprocess.run([program, origin, path], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{path}: dump_zone refuses it:\n{result.stderr[:2000]}")
    records = Counter()
    for line in result.stdout.splitlines():
        owner, rdtype, ttl, *rdata = line.split(" ")
        if dns.rdatatype.to_text(int(rdtype)) in UNKNOWN_TO_DNSPYTHON | UNKNOWN_NUMBERS:
            continue
        wire = dns.name.from_text(owner).to_wire().hex()
        records[(wire, int(rdtype), int(ttl), "".join(rdata))] += 1
    return records


# dnspython shows these types, whose names it does not know, as numbers.
UNKNOWN_NUMBERS = {f"TYPE{number}" for number in
                   (31, 32, 34, 40, 57, 58, 66, 67, 68, 261, 262, 263, 264, 259)}


def main():
    program, zones = sys.argv[1], sys.argv[2:]
    corpus = os.environ.get("HITHER_CORPUS")
    different = 0
    for origin, path in (zone.split("=", 1) for zone in zones):
        if path.startswith("CORPUS/"):
            if not corpus:
                print(f"skipped: HITHER_CORPUS is not set, so there is no {path}")
                sys.exit(77)
            path = os.path.join(corpus, "data", path[len("CORPUS/"):])
        read_theirs = read_with_dnspython
        if path.startswith("BIND/"):
            path = path[len("BIND/"):]
            read_theirs = read_with_bind
        ours = read_with_ours(program, origin, path)
        theirs = read_theirs(origin, path)
        for record, count in ((ours - theirs) + Counter()).items():
            print(f"{path}: only ours ({count}): {record}")
        for record, count in ((theirs - ours) + Counter()).items():
            print(f"{path}: only theirs ({count}): {record}")
        different += ours != theirs
        print(f"{path}: {sum(ours.values())} records compared")
        if not ours:
            sys.exit(f"{path}: nothing to compare")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
