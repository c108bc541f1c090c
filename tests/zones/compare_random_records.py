#!/usr/bin/python3
"""Reads random records of every type with rdata_lines and with BIND's named-compilezone.

    compare_random_records.py RDATA_LINES [--records N] [--seed N] [--show]

Both must accept the same records and make the same octets of them, but for what
random_differences.py lists with its reason. HITHER_RANDOM_RECORDS=N overrides --records. On a
difference it prints the seed and the record and exits with 1.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

from random_differences import reason_for
from random_records import Generator

TYPES = """A NS MD MF CNAME SOA MB MG MR WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP
NSAP-PTR SIG KEY PX GPOS AAAA LOC EID NIMLOC SRV ATMA NAPTR KX CERT DNAME SINK APL DS SSHFP
IPSECKEY RRSIG NSEC DNSKEY DHCID NSEC3 NSEC3PARAM TLSA SMIMEA HIP NINFO RKEY TALINK CDS CDNSKEY
OPENPGPKEY CSYNC ZONEMD SVCB HTTPS DSYNC HHIT BRID SPF NID L32 L64 LP EUI48 EUI64 URI CAA AVC DOA
AMTRELAY RESINFO WALLET CLA IPN TA DLV""".split()
# These stand in no zone of BIND's, or at its apex alone: named-rrchecker reads them, one a process.
ALONE = {"SOA", "MD", "MF"}
ALONE_BATCH = 10
BATCH = 50_000
HEAD = ["$TTL 60", "@ SOA a b 1 1 1 1 1", "@ NS a", "a A 192.0.2.1"]
WARNINGS = ("detected", "signature has expired")
# Not to check what a zone holds, but to read it.
LAX = "-i none -k ignore -n ignore -r ignore -m ignore -M ignore -S ignore -T ignore -W ignore"
VERDICT = re.compile(r"(?:^|: )records:(\d+): (.*)")


def read_with_ours(program, lines):
    result = subprocess.run([program, "test."], input="\n".join(lines) + "\n", check=True,
                            stdout=subprocess.PIPE, encoding="latin-1")
    return result.stdout.splitlines()


def read_raw(octets):
    """Owner's number to RDATA in hexadecimal, of a zone in BIND's raw format."""
    found = {}
    at = 24  # Format, version, time; flags and two serials since version 1.
    while at < len(octets):
        end = at + int.from_bytes(octets[at:at + 4], "big")
        name_bytes = int.from_bytes(octets[at + 18:at + 20], "big")
        name = octets[at + 20:at + 20 + name_bytes]
        rdata_at = at + 20 + name_bytes
        size = int.from_bytes(octets[rdata_at:rdata_at + 2], "big")
        label = name[1:1 + name[0]]
        if re.fullmatch(rb"r\d+", label):
            found[int(label[1:])] = octets[rdata_at + 2:rdata_at + 2 + size].hex()
        at = end
    return found


def compile_zone(folder, lines):
    """What named-compilezone says of each line, and the octets if it has no error."""
    path = os.path.join(folder, "records")
    with open(path, "w", encoding="latin-1") as file:
        file.write("\n".join(HEAD) + "\n")
        for number, line in lines:
            file.write(f"r{number} {line}\n")
    output = os.path.join(folder, "raw")
    command = ["/usr/bin/named-compilezone", *LAX.split(), "-F", "raw", "-o", output, "test.",
               "records"]
    result = subprocess.run(command, capture_output=True, encoding="latin-1", check=False,
                            cwd=folder)
    wrong = {}
    for line in result.stdout.splitlines() + result.stderr.splitlines():
        said = VERDICT.search(line)
        at = int(said[1]) - len(HEAD) - 1 if said else -1
        if 0 <= at < len(lines) and not said[2].endswith(WARNINGS):
            wrong.setdefault(lines[at][0], "! " + said[2])
    if result.returncode != 0:
        return wrong, {}, result.stdout
    with open(output, "rb") as file:
        return wrong, read_raw(file.read()), ""


def read_with_bind(lines):
    verdicts = {number: read_alone(line) for number, line in lines.items()
                if line.split(" ")[0] in ALONE}
    left = [(number, line) for number, line in lines.items() if number not in verdicts]
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(4):
            wrong, octets, said = compile_zone(folder, left)
            verdicts.update(wrong)
            left = [(number, line) for number, line in left if number not in wrong]
            if octets or not left:
                break
        else:
            sys.exit(f"named-compilezone writes no zone: {said[-2000:]}")
    verdicts.update(octets)
    return verdicts


def read_alone(line):
    result = subprocess.run(["/usr/bin/named-rrchecker", "-u", "-o", "test."], check=False,
                            input="IN " + line + "\n", capture_output=True, encoding="latin-1")
    wire = re.search(r"\\# \d+ ?([0-9A-F]*)", result.stdout)
    if result.returncode == 0 and wire:
        return wire[1].lower()
    return "! " + (result.stderr or result.stdout).strip()


class Comparison:
    def __init__(self, program):
        self.program = program
        self.same = Counter()
        self.reasons = Counter()
        self.different = []

    def judge(self, lines):
        """Compares; the octets of what both read, by type."""
        ours = read_with_ours(self.program, lines)
        theirs = read_with_bind(dict(enumerate(lines)))
        good = []
        for number, line in enumerate(lines):
            mine, other = ours[number], theirs.get(number, "! not in the zone")
            rrtype, _, fields = line.partition(" ")
            if mine == other or (mine[:1] == "!" and other[:1] == "!"):
                self.same["refused" if mine[:1] == "!" else "read"] += 1
                if mine[:1] != "!":
                    good.append((rrtype, mine))
                continue
            reason = reason_for(rrtype, fields, mine, other)
            if reason is None:
                self.different.append((line, mine, other))
            else:
                self.reasons[reason] += 1
        return good


def batch(generator, size):
    count = Counter()
    lines = []
    while len(lines) < size:
        rrtype = TYPES[len(lines) % len(TYPES)] if not lines else generator.pick(*TYPES)
        count[rrtype] += 1
        if rrtype not in ALONE or count[rrtype] <= ALONE_BATCH:
            lines.append(generator.record(rrtype))
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20, help="differences to print")
    arguments = parser.parse_args()
    records = int(os.environ.get("HITHER_RANDOM_RECORDS", arguments.records))
    generator = Generator(arguments.seed)
    comparison = Comparison(arguments.program)
    done = 0
    while done < records:
        size = min(BATCH, records - done)
        lines = batch(generator, max(1, size * 3 // 4))
        good = comparison.judge(lines)
        wires = [generator.unknown_form(*map_wire(generator.pick(*good)))
                 for _ in range(size - len(lines))] if good else []
        comparison.judge([line for line in wires if line.split(" ")[0] not in ALONE])
        done += size
    report(comparison, arguments)


def map_wire(good):
    return good[0], bytes.fromhex(good[1])


def report(comparison, arguments):
    print(f"seed {arguments.seed}: {comparison.same['read']} records read alike, "
          f"{comparison.same['refused']} refused by both")
    for reason, count in sorted(comparison.reasons.items()):
        print(f"{count:8} {reason}")
    for line, mine, other in comparison.different[:arguments.show]:
        print(f"different: {line!r}\n  ours: {mine}\n  BIND: {other}")
    if comparison.different:
        sys.exit(f"seed {arguments.seed}: {len(comparison.different)} differences")


if __name__ == "__main__":
    main()
