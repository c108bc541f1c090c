"""The documentation followed to the letter: a fleet of three sites, from its installation on.

letter_documents.py takes each file and command out of README.md, packaging/, docs/ and examples/;
letter_fleet.py draws the fleet. The tests run in this order, and each leaves the fleet whole.
"""

import contextlib
import json
import os
import re
import time

import daemon
import letter_documents as documents
import pytest
import prometheus_daemon
import yaml
from letter_fleet import DRAIN, PREFIXES, SERVICE, SOFT, UP, Fleet
from routing_lab import need

_SITES = list(documents.SITES)
_FAMILIES = list(SERVICE)
# The first two are about a host that is too busy, which this one may be; the last one counts.
_BESIDE = {"HitherSlow", "HitherVerdictLate", "HitherFlaps"}
_PROGRAMS = ("HITHERD", "HITHER", "HITHER_ANYCAST")


@pytest.fixture(scope="module", name="fleet")
def fixture_fleet():
    for variable in _PROGRAMS:
        if not os.access(os.environ.get(variable, ""), os.X_OK):
            pytest.skip(f"{variable} is not set to a program: run these tests by ctest")
    need("bird", "birdc", "ip", "vtysh", "zebra", "dig", "dnsperf", "setpriv", "nsenter", "useradd",
         "openssl")
    with Fleet() as running:
        yield running


@pytest.fixture(scope="module", name="prometheus")
def fixture_prometheus(fleet):
    prometheus_daemon.need()
    made = prometheus_daemon.Prometheus(fleet.namespaces, "client", fleet.folder,
                                        {name: site.node for name, site in documents.SITES.items()})
    try:
        made.wait_until_scraping()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module", name="console")
def fixture_console(fleet):
    """What the console of the README's fleet.yaml says: GET of a path."""
    path = fleet.folder / "fleet.yaml"
    path.write_text(documents.fleet_yaml())
    started = fleet.at_client("console", os.environ["HITHER"], "console", "--fleet", path)
    daemon.wait_for(lambda: "http://127.0.0.1:8080/" in started.log(), 20, started.log)
    return lambda page: prometheus_daemon.get_json(fleet.namespaces, "client", 8080, page)


def test_the_sysctl_file_has_comments_only_on_lines_of_their_own():
    """sysctl.d(5): a # behind a value is part of the value."""
    for line in documents.sysctls().splitlines():
        assert re.fullmatch(r"#.*|[\w.]+ = \d+", line), line


def test_the_readme_speaks_of_the_same_nodes_throughout():
    """hither.yaml, fleet.yaml of the console, and Prometheus's file: names and addresses."""
    own = documents.shown(documents.README, "# hither.yaml")
    peers = documents.shown(documents.README, "# in addition to")["anycast"]["peers"]
    peer, = peers["nodes"]
    identity = own["identity"]
    nodes = {f"{identity['node']}.{identity['site']}": peers["listen"],
             peer["name"]: peer["address"]}
    assert own["metrics"]["listen"] == f"{peers['listen']}:8053"
    pages = {name: (f"{address}:8053", f"{address}:8055") for name, address in nodes.items()}
    console = documents.shown(documents.README, "# fleet.yaml")["sites"]
    assert {f"{node['name']}.{site['name']}": (node["hitherd"], node["anycast"])
            for site in console for node in site["nodes"]} == pages
    config = yaml.safe_load((prometheus_daemon.SHIPPED / "prometheus.yml").read_text())
    for i, job in enumerate(config["scrape_configs"]):
        assert {f"{one['labels']['node']}.{one['labels']['site']}": one["targets"]
                for one in job["static_configs"]} == {
            name: [both[i]] for name, both in pages.items()}


@pytest.mark.parametrize("site", _SITES)
def test_the_checks_find_nothing(fleet, site):
    """Before the start, as packaging/README.md asks for them."""
    checked = [(line, output) for line, output in fleet.checked[site] if line.endswith("--check")]
    assert len(checked) == 2
    for line, output in checked:
        assert "warning" not in output.lower(), (line, output)


@pytest.mark.parametrize("site", _SITES)
def test_each_site_comes_up(fleet, site):
    """Warm-up is SOFT, and nothing of another kind passes before UP."""
    fleet.nodes[site].wait_states("UP", 60)
    fleet.histories.wait_until(site, UP, 20)
    for prefix, history in fleet.histories.take(site).items():
        assert [route for route in history if route] == [SOFT, UP], (prefix, history)


def test_the_client_is_answered(fleet):
    for family in _FAMILIES:
        assert fleet.answering(family) in _SITES
    for prefix in ("192.0.2.0/23", "2001:db8::/47"):
        anchors = {route.protocol for route in fleet.carrier.routes(prefix)}
        assert anchors == {name for name, site in documents.SITES.items() if site.is_anchor}


@pytest.mark.parametrize("site", ["fra2", "nyc1"], ids=["bird", "frr"])
def test_read_back_works_with_the_groups_of_the_guide(fleet, site):
    node = fleet.nodes[site]

    def seen():
        return {(one["prefix"], one.get("state")) for one in node.status()["seen"]
                if one["where"].split()[0] == node.site.template.partition("-")[0]}

    daemon.wait_for(lambda: seen() == {(prefix, "UP") for prefix in PREFIXES}, 20,
                    lambda: node.status()["seen"])
    status = node.status()
    assert [one["ok"] for one in status["readbacks"]] == [True], status["readbacks"]
    assert not status["mismatches"]
    output = node.hither("status").stdout
    assert re.search(r"read back from \w+[^(]*$", output, re.M), output


@pytest.mark.parametrize("site", _SITES)
def test_answers_leave_as_production_says(fleet, site):
    line = documents.quoted(documents.PRODUCTION, r"must show `(outside 192[^`]*)`")
    for shown in (line, line.replace("192.0.2.53", "2001:db8::53")):
        daemon.wait_for(lambda shown=shown: shown in fleet.nodes[site].explain(), 20,
                        fleet.nodes[site].explain)


@pytest.mark.parametrize("site", _SITES)
def test_status_shows_no_fault(fleet, site):
    output = fleet.nodes[site].hither("status").stdout
    for word in ("NOT", "MISMATCH", "warning", "no page", "cannot", "not known", "unknown"):
        assert word not in output, output
    assert output.count("UP") == 2, output


def test_the_reload_and_freeze_of_production(fleet):
    node = fleet.nodes["fra2"]
    dry_run = documents.quoted(documents.PRODUCTION, r"`(hither reload --anycast [^`]*)`")
    output = node.host.shell(dry_run).stdout
    assert "nothing would be withdrawn" in output and "session" not in output, output
    node.host.shell(documents.quoted(documents.PRODUCTION, r"`(hither freeze --for [^`]*)`"))
    assert node.states() == dict.fromkeys(_FAMILIES, "UP")
    node.hither("freeze", "--for", "0s")


# --- What others see ---


def test_sites_names_who_answers(fleet):
    command = documents.commands(documents.README, "hither sites 127.0.0.1:5300")[1].split()
    assert command == ["hither", "sites", *SERVICE.values()]
    path = fleet.folder / "fleet-for-sites.yaml"
    path.write_text(documents.fleet_yaml())
    for words in (command[1:], ["sites", "--fleet", path]):
        output = json.loads(fleet.hither(*words, "--json"))
        assert [(one["address"], one["transport"]) for one in output] == [
            (address, transport) for address in SERVICE.values() for transport in ("udp", "tcp")]
        for one in output:
            assert one["failure"] is None and one["node"] == "ns1" and one["site"] in _SITES, one


def _is_whole(fleet):
    """The page says that all is well, as page.js counts it."""
    states = [(node["v4"] or {}, node["v6"] or {}) for node in fleet["nodes"]]
    answers = [answer for one in fleet["clients"] for answer in one["answers"]]
    return (all(state.get("state") == "UP" and state["announced"] is True
                for both in states for state in both)
            and all(site["announced"] is True for site in fleet["sites"])
            and len(answers) == 2 and all(answer["site"] for answer in answers)
            and all(node["queries_per_second"] is not None for node in fleet["nodes"]))


def test_the_console_says_nothing_false(console):
    daemon.wait_for(lambda: _is_whole(console("/api/fleet")), 30,
                    lambda: json.dumps(console("/api/fleet"), indent=1)[:6000])
    fleet = console("/api/fleet")
    assert [node["id"] for node in fleet["nodes"]] == [f"ns1.{site}" for site in _SITES]
    for node in fleet["nodes"]:
        assert node["errors"] == node["faults"] == [] and not node["drained"], node
        assert {zone["name"]: zone["state"] for zone in node["zones"]} == {
            "example.org.": "ok", "example.net.": "ok"}
        for session in node["sessions"]:
            assert session["state"] == "Established", session
    for client in fleet["clients"]:
        assert client["errors"] == []
        for answer in client["answers"]:
            assert answer["error"] is None and answer["nsid"] == f"ns1.{answer['site']}", answer
    assert all(zone["agree"] for zone in fleet["serials"]) and fleet["zones_in_step"] == 2
    bad = [entry for entry in fleet["time_line"] if entry["weight"] in ("warning", "bad")]
    assert not bad, bad


def test_the_event_page_says_the_same(fleet, console):
    page = console("/api/fleet")
    with prometheus_daemon.opened(fleet.namespaces, "client", 8080, "/events") as reply:
        line = next(line for line in iter(reply.readline, b"") if line.startswith(b"data: "))
    event = json.loads(line.removeprefix(b"data: "))
    assert event.keys() == page.keys() and _is_whole(event)


def test_no_alert_fires_while_all_is_well(prometheus):
    time.sleep(3)
    assert prometheus.is_scraping()
    assert not set(prometheus.firing()) - _BESIDE


# --- Work on a node ---


@contextlib.contextmanager
def _asked(fleet):
    """dnsperf and a steady stream over each family; no query may be lost, nor fail."""
    loads = {family: fleet.load(family) for family in _FAMILIES}
    probes = {family: fleet.probe(family) for family in _FAMILIES}
    try:
        yield probes
        for load in loads.values():
            load.stop()
        for family, load in loads.items():
            counts = load.finish()
            assert counts["lost"] == 0 and counts["sent"] > 100, (family, counts)
            assert "SERVFAIL" not in counts["rcodes"] and "REFUSED" not in counts["rcodes"]
            assert probes[family].finish()
            assert not probes[family].lost(), family
    finally:
        for load in loads.values():
            load.end()
        for probe in probes.values():
            probe.finish()


def _upgrade(fleet, node, console):
    """PRODUCTION.md's commands, line by line, with what each comment promises."""
    for line in documents.commands(documents.PRODUCTION, "hither drain --wait"):
        output = node.follow([line])[0][1]
        if line.startswith("hither drain"):  # The router passes it on a moment later.
            fleet.histories.wait_until(node.name, None, 5)
            daemon.wait_for(lambda: _is_drained(console("/api/fleet"), node.name), 10,
                            lambda: json.dumps(console("/api/fleet"))[:6000])
        if line.endswith("--check"):
            assert "warning" not in output, (line, output)
        if "still in effect" in line:
            assert "drain" in output and "safe to stop" in output, output
            assert fleet.histories.now(node.name) == [[None]] * 2
    node.wait_states("UP")
    fleet.histories.wait_until(node.name, UP, 10)


def _is_drained(page, site):
    node, = (one for one in page["nodes"] if one["site"] == site)
    at, = (one for one in page["sites"] if one["name"] == site)
    return (node["drained"] and node["v4"]["state"] == node["v6"]["state"] == "DOWN"
            and at["announced"] is False)


@pytest.mark.parametrize("site", _SITES)
def test_an_upgrade_loses_no_query(fleet, console, site):
    node = fleet.nodes[site]
    node.wait_states("UP")
    fleet.histories.take(site)
    ran = node.units.running["hitherd"].pid
    try:
        with _asked(fleet) as probes:
            _upgrade(fleet, node, console)
    finally:
        node.hither("undrain", check=False)  # For the other tests, if this one fails.
    assert node.units.running["hitherd"].pid != ran
    for prefix, history in fleet.histories.take(site).items():
        assert history == [UP, DRAIN, None, SOFT, UP], (prefix, history)
    for probe in probes.values():
        assert {query.status for query in probe.queries()} == {"NOERROR"}


@pytest.mark.parametrize("site", _SITES)
def test_a_killed_sidecar_loses_no_query(fleet, site):
    """hitherd answers until the last client has moved, and systemd starts the sidecar again."""
    node = fleet.nodes[site]
    with _asked(fleet):
        node.units.kill("hither-anycast")
        node.wait_states("UP")
        fleet.histories.wait_until(site, UP, 10)


def test_a_killed_responder_loses_queries_for_a_moment(fleet):
    site = fleet.answering()
    node = fleet.nodes[site]
    with fleet.probe("ipv4") as probe:
        killed_at = node.units.kill("hitherd")
        daemon.wait_for(lambda: fleet.answering() not in (site, None), 10, node.explain)
        time.sleep(2)
        node.hither("undrain")  # "no hold-down, a full withdrawal budget"
        node.wait_states("UP")
        fleet.histories.wait_until(site, UP, 10)
    lost = probe.lost()
    assert all(killed_at - 0.1 <= query.sent_at < killed_at + 3 for query in lost), lost
    assert all(query.status == "NOERROR" for query in probe.queries() if query.answered_at)


# --- Alerts ---


@contextlib.contextmanager
def _alerting(prometheus, wanted):
    """Nothing fires before the fault that is made inside; then these do."""
    prometheus.wait_until_silent(60, but=_BESIDE)
    yield
    prometheus.wait_for(wanted)


def test_a_stopped_responder_alerts(fleet, prometheus):
    node = fleet.nodes["fra2"]
    with _alerting(prometheus, {"HitherResponderUnseen": {"fra2"},
                                "HitherNodeWithdrawn": {"fra2"}}):
        node.units.systemctl("systemctl stop hitherd")
    node.units.systemctl("systemctl start hitherd")
    node.hither("undrain")
    node.wait_states("UP")


@pytest.mark.parametrize("site, group", [("fra2", "bird"), ("nyc1", "frrvty")])
def test_a_unit_without_the_group_of_the_guide_alerts(fleet, prometheus, site, group):
    node = fleet.nodes[site]
    text = documents.drop_in(node.site)
    line = f"\nSupplementaryGroups={group}\n"
    assert line in text
    with _alerting(prometheus, {"HitherReadbackBroken": {site}}):
        node.use_drop_in(text.replace(line, "\n"))
        node.units.systemctl("systemctl restart hither-anycast")
    status = node.status()
    assert group in status["readbacks"][0]["error"], status["readbacks"]
    node.use_drop_in(text)
    node.units.systemctl("systemctl restart hither-anycast")
    node.wait_states("UP")
    daemon.wait_for(lambda: node.status()["readbacks"][0]["ok"], 10, node.explain)


def test_a_filter_of_the_router_alerts(fleet, prometheus):
    node = fleet.nodes["fra2"]
    path = node.router.etc / "bird/bird.conf"
    text = path.read_text()
    line = "define ANYCAST4 = [ 192.0.2.0/24 ];"
    assert line in text
    with _alerting(prometheus, {"HitherNotAsWanted": {"fra2"}}):
        path.write_text(text.replace(line, "define ANYCAST4 = [ 192.0.3.0/24 ];"))
        node.router.run("birdc", "configure")
    path.write_text(text)
    node.router.run("birdc", "configure")
    fleet.histories.wait_until("fra2", UP, 30)
    node.wait_states("UP")


def test_answers_that_do_not_leave_alert(fleet, prometheus):
    """A filter against spoofing at the site's router."""
    def change(verb):
        for family, address in (("-4", SERVICE["ipv4"]), ("-6", SERVICE["ipv6"])):
            fleet.namespaces.configure("ams1-router", [
                f"rule {verb} pref 10 iif ams1 from {address} blackhole"], family)
    node = fleet.nodes["ams1"]
    try:
        with _alerting(prometheus, {"HitherNoAnswerLeaves": {"ams1"}}):
            change("add")
    finally:
        change("del")
    node.hither("undrain")
    node.wait_states("UP", 60)


def test_all_is_well_at_the_end(fleet, prometheus, console):
    fleet.wait_up()
    prometheus.wait_until_silent(but=_BESIDE)
    daemon.wait_for(lambda: _is_whole(console("/api/fleet")), 30,
                    lambda: json.dumps(console("/api/fleet"), indent=1)[:6000])
