"""Zones and queries for measurements: the same parameters and seed give the same files.

Files are kept in a folder and found again by their parameters; a partial file never has the
final name. Change _VERSION when a maker's output changes.
"""

import itertools
import os
import pathlib
import random
import shutil
import subprocess
import typing

_VERSION = 1
_LETTERS = "etaoinsrhldcumfpgwybvkxjqz"
# Resembles the names of a TLD: rarely below 4 letters, half of them below 10.
_LABEL_LENGTHS = [3, 4, 5, 6, 6, 7, 7, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 14, 16, 20]

SMALL_ORIGIN = "example."
TLD_ORIGIN = "test."
ZONES_A_FOLDER = 1000
RECORDS_A_SMALL_ZONE = 10


class Zones(typing.NamedTuple):
    """Zones to serve. `list_path` has a line `NAME PATH` for each."""
    list_path: pathlib.Path
    count: int
    records: int
    text_bytes: int

    def each(self):
        with open(self.list_path, encoding="ascii") as lines:
            for line in lines:
                name, path = line.rstrip("\n").split(" ", 1)
                yield name, path

    def last_origin(self):
        with open(self.list_path, "rb") as lines:
            lines.seek(max(0, os.fstat(lines.fileno()).st_size - 8192))
            return lines.read().decode().splitlines()[-1].split(" ", 1)[0]


class Store:
    """A folder of generated files. `folder` should be on a disk with room: a TLD is 100 MB."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, *parameters):
        return self.folder / "-".join(str(part) for part in (*parameters, f"v{_VERSION}"))

    def file(self, parameters, make):
        """The path of a file that make(handle) writes unless it exists."""
        path = self.path(*parameters)
        if not path.exists():
            half = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                with open(half, "w", encoding="ascii") as out:
                    make(out)
                half.rename(path)
            finally:
                half.unlink(missing_ok=True)
        return path

    def zones(self, name, records, files):
        """`files` are (origin, path) pairs; rewrites their list: the folder may have moved."""
        path = self.path(name, "list")
        path.unlink(missing_ok=True)
        self.file((name, "list"), lambda out: out.writelines(
            f"{origin} {file}\n" for origin, file in files))
        return Zones(path, len(files), records, sum(os.path.getsize(file) for _, file in files))


def count_records(path):
    """Records of a zone file of ours or a signer's: one a line."""
    with open(path, "rb") as lines:
        return sum(1 for line in lines if line[:1] not in b"$;\n")


# --- a flat zone: hosts with an address each ---

def write_flat_zone(out, names):
    out.write("$ORIGIN example.\n$TTL 3600\n@ SOA ns1 root 1 7200 900 1209600 300\n@ NS ns1\n"
              "ns1 A 192.0.2.1\n")
    out.writelines(f"host{n} A 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}\n"
                   for n in range(names))


def flat_zone(store, names):
    path = store.file(("flat", names, "zone"), lambda out: write_flat_zone(out, names))
    return store.zones(f"flat-{names}", names + 3, [(SMALL_ORIGIN, path)])


def flat_names(names, rng):
    """Existing names, endless, in random order."""
    while True:
        yield f"host{rng.randrange(names)}.example."


# --- a zone of delegations ---

def labels(count, seed):
    """`count` distinct labels, in random order."""
    rng = random.Random(f"labels {seed}")
    found = {}
    while len(found) < count:
        label = "".join(rng.choices(_LETTERS, k=rng.choice(_LABEL_LENGTHS)))
        if rng.random() < 0.1:
            label = f"{label}-{rng.randrange(1000)}"
        found[label] = None
    return list(found)


def _servers_of(rng, base, in_zone_share, count_weights=(80, 10, 10)):
    """The name servers of a hoster or of a domain with its own: (names, are they in this zone?)."""
    count = rng.choices((2, 3, 4), count_weights)[0]
    inside = rng.random() < in_zone_share
    suffix = base if inside else f"{base}.example.net."
    return [f"ns{n + 1}.{suffix}" for n in range(count)], inside


def _write_glue(out, rng, server):
    address = rng.getrandbits(32)
    out.write(f"{server} A 10.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}\n")
    if rng.random() < 0.4:
        out.write(f"{server} AAAA 2001:db8:{address >> 16:x}::{address & 65535:x}\n")


def write_delegations(out, delegations, seed):
    """As in a registry: most names are with a hoster, whose servers are in this zone or elsewhere;
    some have servers of their own with glue, some are signed."""
    rng = random.Random(f"delegations {seed}")
    names = labels(delegations, seed)
    hosters = [_servers_of(rng, name, 0.4) for name in names[:max(2, delegations // 100)]]
    own = set(range(len(hosters)))  # A hoster in the zone is one of the delegations.
    out.write("$ORIGIN test.\n$TTL 86400\n"
              "@ SOA a.nic root.nic 2024010101 1800 900 604800 900\n")
    out.writelines(f"@ NS {letter}.nic\n" for letter in "abcd")
    out.writelines(f"{letter}.nic A 192.0.2.{n + 1}\n{letter}.nic AAAA 2001:db8::{n + 1}\n"
                   for n, letter in enumerate("abcd"))
    for name, number in sorted((name, number) for number, name in enumerate(names)):
        if number in own and hosters[number][1]:
            servers, inside = hosters[number]
        elif rng.random() < 0.08:
            servers, inside = _servers_of(rng, name, 1)
        else:  # The largest hosters have the most names.
            servers, inside = hosters[int(len(hosters) * rng.random() ** 3)][0], False
        out.writelines(f"{name} NS {server}\n" for server in servers)
        if rng.random() < 0.06:
            out.write(f"{name} DS {rng.getrandbits(16)} 13 2 {rng.getrandbits(256):064X}\n")
        if inside:
            for server in servers:
                _write_glue(out, rng, server)


def tld_zone(store, delegations, seed=1):
    path = store.file(("tld", delegations, seed, "zone"),
                      lambda out: write_delegations(out, delegations, seed))
    return store.zones(f"tld-{delegations}-{seed}", count_records(path), [(TLD_ORIGIN, path)])


# --- the same, signed ---

DENIALS = {"nsec": (), "nsec3": ("-n", "-t", "0"), "nsec3-opt-out": ("-n", "-p", "-t", "0")}


def _told_by(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=3600)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()


def _sign(plain, out, denial, folder):
    key = _told_by(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", TLD_ORIGIN], folder)
    # From the distant past to the distant future, so that a generated zone stays valid for years.
    _told_by(["ldns-signzone", *DENIALS[denial], "-i", "20240101000000", "-e", "20371231000000",
              "-o", TLD_ORIGIN, "-f", str(out), str(plain), key], folder)


def signed_zone(store, delegations, denial, seed=1):
    """One ECDSA P-256 key; NSEC3 without salt and further iterations (RFC 9276 §3.1)."""
    plain = next(tld_zone(store, delegations, seed).each())[1]
    path = store.path("signed", denial, delegations, seed, "zone")
    if not path.exists():
        work = store.folder / f".signing.{os.getpid()}"
        work.mkdir()
        try:
            _sign(plain, work / "signed", denial, work)
            (work / "signed").rename(path)
        finally:
            shutil.rmtree(work)
    return store.zones(f"signed-{denial}-{delegations}-{seed}", count_records(path),
                       [(TLD_ORIGIN, path)])


# --- many small zones ---

def small_zone_text(origin, n):
    """RECORDS_A_SMALL_ZONE records, as a hoster's customer has them."""
    v4 = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
    v6 = f"2001:db8:{n >> 16:x}:{n & 65535:x}::"
    hoster = f"hoster{n % 50}.example.net."
    return (f"$ORIGIN {origin}\n$TTL 3600\n"
            f"@ SOA ns1.{hoster} hostmaster.{hoster} 2024010101 7200 900 1209600 300\n"
            f"@ NS ns1.{hoster}\n@ NS ns2.{hoster}\n@ A {v4}\n@ AAAA {v6}1\n@ MX 10 mail\n"
            f"@ TXT \"v=spf1 mx -all\"\nwww A {v4}\nwww AAAA {v6}1\nmail A {v4}\n")


def small_zones_origins(count, seed):
    return [f"{label}.{'example' if n % 2 else 'test'}."
            for n, label in enumerate(labels(count, seed))]


def warm(zones):
    """Reads all zone files, so that the first server to start does not wait for the disk alone."""
    for _, path in zones.each():
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass


def many_zones(store, count, seed=1):
    """A file for each zone, ZONES_A_FOLDER files in a folder."""
    folder = store.path("many", count, seed)
    half = folder.with_name(f".{folder.name}.{os.getpid()}")
    files, text_bytes = [], 0
    done = folder.exists()
    for n, origin in enumerate(small_zones_origins(count, seed)):
        shard, name = f"{n // ZONES_A_FOLDER:04d}", f"{origin}zone"
        text = small_zone_text(origin, n)
        text_bytes += len(text)
        files.append((origin, f"{folder}/{shard}/{name}"))
        if done:
            continue
        if n % ZONES_A_FOLDER == 0:
            (half / shard).mkdir(parents=True)
        with open(f"{half}/{shard}/{name}", "w", encoding="ascii") as out:
            out.write(text)
    if not done:
        half.rename(folder)
    path = store.path("many", count, seed, "list")
    path.write_text("".join(f"{origin} {file}\n" for origin, file in files))
    return Zones(path, count, count * RECORDS_A_SMALL_ZONE, text_bytes)


# --- questions ---

def _referral(rng, name):
    return rng.choices((f"www.{name}.test. A", f"{name}.test. A", f"www.{name}.test. AAAA",
                        f"{name}.test. MX", f"{name}.test. NS"), (50, 20, 10, 10, 10))[0]


def _random_label(rng):
    return f"{rng.getrandbits(60):x}"  # No label of ours mixes letters and figures like this.


def _tld_questions(kind, delegations, seed, rng):
    names = labels(delegations, seed)
    while True:
        draw = rng.random()
        if kind == "nxdomain" or (kind == "mixed" and draw < 0.20):
            yield f"{_random_label(rng)}.test. A"
        elif kind == "mixed" and draw < 0.24:
            yield f"{rng.choice(names)}.test. DS"
        elif kind == "mixed" and draw < 0.25:
            yield rng.choice(("test. SOA", "test. NS", "test. DNSKEY"))
        elif kind == "random-subdomain":
            yield f"{_random_label(rng)}.{rng.choice(names)}.test. A"
        else:
            yield _referral(rng, rng.choice(names))


def _flat_questions(kind, names, rng):
    for name in flat_names(names, rng):
        if kind in ("nxdomain", "random-subdomain") or (kind == "mixed" and rng.random() < 0.25):
            yield f"{_random_label(rng)}.example. A"
        else:
            yield f"{name} A"


def _many_questions(kind, count, seed, rng):
    origins = small_zones_origins(count, seed)
    while True:
        origin = rng.choice(origins)
        if kind in ("nxdomain", "random-subdomain") or (kind == "mixed" and rng.random() < 0.25):
            yield f"{_random_label(rng)}.{origin} A"
        else:
            yield rng.choices((f"www.{origin} A", f"{origin} A", f"www.{origin} AAAA",
                               f"{origin} MX", f"mail.{origin} A"), (50, 20, 10, 10, 10))[0]


QUESTION_KINDS = ("existing", "referral", "nxdomain", "mixed", "random-subdomain")


def questions(store, zone, kind, size, count, seed=1):
    """A file in dnsperf's format. `zone` is flat, tld or many, of that `size`."""
    if kind not in QUESTION_KINDS:
        raise ValueError(f"no kind of questions: {kind}")

    def make(out):
        rng = random.Random(f"questions {zone} {kind} {size} {seed}")
        endless = {"flat": lambda: _flat_questions(kind, size, rng),
                   "tld": lambda: _tld_questions(kind, size, seed, rng),
                   "many": lambda: _many_questions(kind, size, seed, rng)}[zone]()
        out.writelines(f"{line}\n" for line in itertools.islice(endless, count))

    return store.file(("questions", zone, kind, size, count, seed), make)
