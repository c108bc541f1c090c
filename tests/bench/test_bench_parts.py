"""What bench/compare is made of, as far as it needs no server."""

import collections
import io
import random
import re
import shutil
import subprocess
import xml.etree.ElementTree

import dns.rdatatype
import dns.zone
import pytest

import chart
import inputs
import measuring
import report


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return inputs.Store(tmp_path_factory.mktemp("inputs"))


def read_zone(path, origin):
    return dns.zone.from_file(str(path), origin, relativize=False, check_origin=True)


def records_of(zone):
    return sum(len(rdataset) for _, rdataset in zone.iterate_rdatasets())


def the_zone(zones):
    (origin, path), = zones.each()
    return read_zone(path, origin)


def lines(path):
    return open(path, encoding="ascii").read().splitlines()


# --- zones ---

def test_flat_zone(store):
    zones = inputs.flat_zone(store, 300)
    zone = the_zone(zones)
    assert records_of(zone) == zones.records == 303
    assert zone.get_rdataset("host299.example.", "A")[0].address == "10.0.1.43"
    assert zones.last_origin() == "example."


def test_tld_zone_has_the_mixture_of_a_registry(store):
    zones = inputs.tld_zone(store, 3000)
    zone = the_zone(zones)
    assert records_of(zone) == zones.records
    cuts = {name for name, _ in zone.iterate_rdatasets("NS")} - {zone.origin}
    assert len(cuts) == 3000
    servers = [rdata.target for _, rdataset in zone.iterate_rdatasets("NS") for rdata in rdataset]
    below = [name for name in servers if name.is_subdomain(zone.origin)]
    assert all(zone.get_rdataset(name, "A") for name in below), "in the zone, but without address"
    assert 2.0 < len(servers) / 3000 < 2.8  # The few large hosters weigh much.
    assert 0.1 < len(below) / len(servers) < 0.7
    assert 0.03 < len(list(zone.iterate_rdatasets("DS"))) / 3000 < 0.09
    assert 2.4 < zones.records / 3000 < 3.0


def test_a_million_delegations_are_as_many_records_and_octets_as_the_design_has(store):
    """From a fiftieth: 2.6 million records, 97 MB."""
    zones = inputs.tld_zone(store, 20_000)
    assert zones.records * 50 == pytest.approx(2.65e6, rel=0.1)
    assert zones.text_bytes * 50 == pytest.approx(97e6, rel=0.1)


@pytest.mark.parametrize("denial, rdtype", [("nsec", "NSEC"), ("nsec3", "NSEC3")])
def test_signed_zone(store, denial, rdtype):
    if not shutil.which("ldns-signzone"):
        pytest.skip("ldns-signzone is not installed")
    zones = inputs.signed_zone(store, 100, denial)
    zone = the_zone(zones)
    assert records_of(zone) == zones.records
    # Of each delegation, of the apex, and of the names of the servers of the zone itself.
    assert 101 <= len(list(zone.iterate_rdatasets(rdtype))) <= 110
    assert zone.get_rdataset("test.", "DNSKEY")


def test_many_zones(store):
    zones = inputs.many_zones(store, 2500)
    listed = list(zones.each())
    assert len({origin for origin, _ in listed}) == zones.count == 2500
    folders = collections.Counter(path.rsplit("/", 1)[0] for _, path in listed)
    assert sorted(folders.values()) == [500, 1000, 1000]
    for origin, path in random.Random(1).sample(listed, 20):
        zone = read_zone(path, origin)
        assert records_of(zone) == inputs.RECORDS_A_SMALL_ZONE
        assert zone.get_rdataset(f"www.{origin}", "A")
    assert zones.records == 25_000
    assert zones.last_origin() == listed[-1][0]


def test_the_same_seed_makes_the_same(tmp_path):
    def made(name, seed):
        store = inputs.Store(tmp_path / name)
        (_, path), = inputs.tld_zone(store, 50, seed).each()
        asked = inputs.questions(store, "tld", "mixed", 50, 100, seed)
        return open(path).read(), asked.read_text()

    assert made("a", 1) == made("b", 1)
    assert made("a", 1)[0] != made("a", 2)[0]
    assert made("a", 1)[1] != made("a", 2)[1]


def test_a_half_made_file_is_not_taken_for_a_whole_one(store):
    def fails(out):
        out.write("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.file(("broken",), fails)
    assert store.file(("broken",), lambda out: out.write("whole")).read_text() == "whole"
    assert store.file(("broken",), fails).read_text() == "whole"
    assert not list(store.folder.glob(".broken*"))


# --- questions ---

def outcome(zone, line):
    """As a server would answer: referral, nxdomain, answer or nodata."""
    name, rdtype = line.split()
    name = dns.name.from_text(name)
    for depth in range(len(zone.origin) + 1, len(name) + 1):
        at = name.split(depth)[1]
        if zone.get_rdataset(at, "NS") and not (at == name and rdtype == "DS"):
            return "referral"
    if any(other.is_subdomain(name) for other in zone.keys()):
        return "answer" if zone.get_rdataset(name, rdtype) else "nodata"
    return "nxdomain"


@pytest.mark.parametrize("maker, kind, size, shares", [
    ("flat", "existing", 100, {"answer": 1}),
    ("flat", "nxdomain", 100, {"nxdomain": 1}),
    ("flat", "random-subdomain", 100, {"nxdomain": 1}),
    ("flat", "mixed", 100, {"answer": 0.75, "nxdomain": 0.25}),
    ("tld", "referral", 100, {"referral": 1}),
    ("tld", "nxdomain", 100, {"nxdomain": 1}),
    ("tld", "random-subdomain", 100, {"referral": 1}),
    ("tld", "mixed", 100, {"referral": 0.75, "nxdomain": 0.2}),
])
def test_questions(store, maker, kind, size, shares):
    zones = {"flat": inputs.flat_zone, "tld": inputs.tld_zone}[maker](store, size)
    zone = the_zone(zones)
    asked = lines(inputs.questions(store, maker, kind, size, 400))
    assert len(asked) == 400
    found = collections.Counter(outcome(zone, line) for line in asked)
    for what, share in shares.items():
        assert found[what] / 400 == pytest.approx(share, abs=0.0 if share == 1 else 0.08)


def test_questions_of_many_zones(store):
    zones = dict(inputs.many_zones(store, 50).each())
    for line in lines(inputs.questions(store, "many", "existing", 50, 200)):
        name, rdtype = line.split()
        origin = next(origin for origin in zones if f".{name}".endswith(f".{origin}"))
        zone = read_zone(zones[origin], origin)
        assert zone.get_rdataset(name, rdtype), line


def test_unknown_kinds_of_questions_are_told(store):
    with pytest.raises(ValueError, match="no kind of questions: other"):
        inputs.questions(store, "flat", "other", 10, 10)


# --- figures ---

def sample(user, system=2.0, lost=0, rate=1000.0):
    return measuring.Sample(rate, lost, user, system, user + system, 1.0, 10.0, 20.0, 50.0)


def test_medians_are_field_by_field():
    median = measuring.medians([sample(3, 1), sample(1, 9), sample(2, 5)])
    assert (median.user_us, median.system_us, median.total_us) == (2, 5, 7)


def answers(rcodes, authority=0, lost=0):
    return measuring.Answers(rcodes, (1, authority, 0), 100, 0, lost)


@pytest.mark.parametrize("found, told", [
    ({"a": answers({"NOERROR": 9}), "b": answers({"NOERROR": 9})}, []),
    ({"a": answers({"NOERROR": 9}), "b": answers({"NOERROR": 9}), "c": answers({"NXDOMAIN": 9})},
     ["c answered {'NXDOMAIN': 9}, others {'NOERROR': 9}"]),
    ({"a": answers({"NOERROR": 9}), "b": answers({"NOERROR": 8}, lost=1)},
     ["b left 1 queries unanswered"]),
    ({"a": answers({}, 100), "b": answers({}, 105), "c": answers({}, 50)},
     ["c sent 50 authority records, others 100"]),
    ({}, []),
])
def test_servers_that_say_less_are_told(found, told):
    assert measuring.differences(found) == told


def result(kind, label, user, system=2.0, start=1.0, pss=100e6, lost=0):
    one = sample(user, system, lost)
    return {"kind": kind, "label": label, "version": "1.0", "median": one._asdict(),
            "rounds": [one._asdict()] * 2, "start_seconds": start, "start_cpu_seconds": start,
            "pss_bytes": pss}


def scenario(name="tld", size=1000, **more):
    servers = [result("echo", "echo", 0.0), result("hitherd", "Hither", 0.5, start=0.5, pss=25e6),
               result("nsd", "NSD", 2.0, 4.0, lost=3), result("knotd", "Knot <&>", 1.0)]
    return {"name": name, "title": "A title", "note": "A note.", "size": size, "servers": servers,
            "start_matters": True, "left_out": ["BIND is left out: why"], "wrong": [], **more}


def cells(text):
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|")]


def test_table_has_ratios():
    head, rule, echo, hitherd, nsd, knot = cells(
        report.servers_table(scenario()["servers"], report._COST))
    assert len({len(row) for row in (head, rule, echo, hitherd, nsd, knot)}) == 1
    told = dict(zip(head, hitherd))
    assert told["server"] == "Hither 1.0"
    assert (told["user µs"], told["total µs"]) == ("0.50", "2.50")
    assert told["total ÷ echo"] == "1.25"  # 2.5 / 2.0
    assert told["total ÷ NSD"] == "0.42"   # 2.5 / 6.0
    assert told["user ÷ NSD"] == "0.25"    # 0.5 / 2.0
    assert told["user ÷ best peer"] == "0.50"  # 0.5 / 1.0: Knot's
    assert dict(zip(head, nsd))["lost"] == "6"  # Of both rounds.


def test_a_slow_round_is_slow_for_all():
    servers = scenario()["servers"]
    for server in servers:
        server["rounds"] = [dict(server["rounds"][0])] * 2 + [
            {key: 2 * value for key, value in server["rounds"][0].items()}]
    servers[0]["median"]["total_us"] *= 2  # As if it had met the slow machine more often.
    head, _, _, hitherd, *_ = cells(report.servers_table(servers, report._COST))
    assert dict(zip(head, hitherd))["total ÷ echo"] == "1.25"


def test_table_leaves_out_what_nobody_has():
    servers = [one for one in scenario()["servers"] if one["kind"] == "hitherd"]
    head = cells(report.servers_table(servers, report._COST))[0]
    assert not [name for name in head if "÷" in name]
    head = cells(report.servers_table(servers, report._START))[0]
    assert "PSS a zone, B" not in head and "PSS MB" in head


def test_text_of_a_comparison():
    results = {"command": "bench/compare tld", "commit": "abc", "machine": report.machine(),
               "scenarios": [scenario(), scenario("growth", 10), scenario("growth", 1000)]}
    text = report.text(results)
    assert "- BIND is left out: why" in text
    assert "Commit abc; " in text and "Made by `bench/compare tld`." in text
    assert cells(text[text.index("How cost grows"):])[0][1:] == [
        "10 names", "1,000 names", "last ÷ first"]


# --- charts ---

@pytest.mark.parametrize("largest, want", [
    (0, [0, 1]), (1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (9.3, [0, 2, 4, 6, 8, 10]),
    (700, [0, 200, 400, 600, 800]), (0.05, [0, 0.01, 0.02, 0.03, 0.04, 0.05]),
])
def test_ticks(largest, want):
    assert chart.ticks(largest) == pytest.approx(want)


def test_chart_is_well_formed_and_says_all():
    results = {"scenarios": [scenario(), scenario("growth", 10), scenario("growth", 1000)]}
    text = chart.comparison(results, "a <caption> & more")
    tree = xml.etree.ElementTree.parse(io.StringIO(text)).getroot()
    words = [element.text for element in tree.iter("{http://www.w3.org/2000/svg}text")]
    for word in ("A title", "Hither 1.0", "Knot <&> 1.0", "user", "system", "CPU µs an answer",
                 "Memory (PSS)", "names in the zone", "1,000", "a <caption> & more"):
        assert word in words
    bars = list(tree.iter("{http://www.w3.org/2000/svg}rect"))
    assert len(bars) == 2 + 4 * 2 + 3 + 3  # Legend; user and system; start and PSS without echo.
    height = float(tree.get("height"))
    inside = [float(y) for y in re.findall(r'translate\(16 ([\d.]+)\)', text)]
    assert inside == sorted(inside) and inside[-1] < height


def test_bars_are_as_long_as_the_values():
    svg, _ = chart.bars("t", "u", ("a",), [("x", (2.0,)), ("y", (1.0,))])
    long, short = (float(width) for width in re.findall(r'width="([\d.]+)" height="18"', svg))
    assert long == pytest.approx(2 * short, rel=0.01)


def test_lines_leave_out_what_was_not_measured():
    svg, _ = chart.lines("t", "x", "y", [10, 100, 1000], [("a", [1, None, 3])])
    assert svg.count("<circle") == 2


def test_help_names_every_scenario():
    import scenarios
    top = inputs.pathlib.Path(inputs.__file__).parent
    told = subprocess.run([top / "compare", "--help"], capture_output=True, text=True, check=True)
    for name in scenarios.MAKERS:
        assert re.search(rf"^  {name} ", told.stdout, re.MULTILINE), name
