"""What we hand to Prometheus and Grafana, judged by promtool and by what the daemons show."""

import contextlib
import http.client
import json
import pathlib
import re
import subprocess
import time

import pytest
import servers
import yaml

_PACKAGING = pathlib.Path(__file__).parents[2] / "packaging"
_RULES = _PACKAGING / "prometheus" / "hither.rules.yml"
_TESTS = _PACKAGING / "prometheus" / "hither.rules.test.yml"
_DASHBOARD = _PACKAGING / "grafana" / "hither-fleet.json"


def _promtool(*arguments):
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)


def test_promtool_takes_the_scrape_configuration():
    checked = _promtool("check", "config", _PACKAGING / "prometheus" / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_alert_fires_when_it_should():
    tested = _promtool("test", "rules", _TESTS)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def _alerts():
    groups = yaml.safe_load(_RULES.read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def test_no_alert_is_without_a_test():
    tested = {case["alertname"] for test in yaml.safe_load(_TESTS.read_text())["tests"]
              for case in test["alert_rule_test"] if case["exp_alerts"]}
    assert tested == set(_alerts())


def _page(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    return connection.getresponse().read().decode()


def _page_with(text, port, seconds=20):
    deadline = time.monotonic() + seconds
    page = ""
    while text not in page:
        assert time.monotonic() < deadline, page
        time.sleep(0.1)
        with contextlib.suppress(OSError):  # It does not listen yet.
            page = _page(port)
    return page


@pytest.fixture(scope="module")
def pages(hitherd, sidecar, make_folder):
    """The metrics of both daemons; the sidecar has a session, a peer and a BIRD that are away."""
    folder = make_folder("monitoring")
    zone = folder / "example.zone"
    zone.write_text("$ORIGIN example.\n@ 300 SOA ns1 root 1 7200 900 1209600 600\n"
                    "@ 300 NS ns1\nns1 300 A 192.0.2.1\n"
                    "ns1 300 RRSIG A 13 2 300 20500101000000 20200101000000 1 @ AA==\n")
    port, metrics, peers, nobody = (servers.free_port() for _ in range(4))
    config = folder / "hither.yaml"
    config.write_text(f"""\
identity: {{ site: fra1, node: ns1 }}
listen: ["127.0.0.1:{port}"]
user: root
admin: {{ listen: none }}
metrics: {{ listen: "127.0.0.1:{metrics}" }}
zones: [{{ name: example, file: {zone} }}]
heartbeat: {folder}/heartbeat
anycast:
  admin: {{ listen: none }}
  state_file: none
  services: [{{ name: dns, prefixes: [127.0.0.0/8], probe: {{ name: example }} }}]
  bgp: {{ local_as: 64513, neighbors: [{{ address: "127.0.0.1:{nobody}", as: 64512 }}] }}
  readback: {{ bird: {folder}/nobody.ctl }}
  peers: {{ listen: "127.0.0.1:{peers}",
           nodes: [{{ name: ns1.ams1, address: "127.0.0.1:{nobody}" }}] }}
""")
    server = servers.start_hitherd_with_config(folder, config, {"example.": zone}, "127.0.0.1",
                                               port)
    with open(folder / "log", "wb") as log:
        watcher = subprocess.Popen([sidecar, "--config", config], stderr=log)
    try:
        _page_with('to="UP"', peers)
        ours = _page(metrics)
        server.stop()  # For the sidecar to withdraw.
        yield ours + _page_with('to="DOWN"', peers)
    finally:
        watcher.terminate()
        watcher.wait(30)
        server.stop()


def _expressions():
    for panel in json.loads(_DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    yield from _alerts().items()


def test_promtool_takes_the_metrics(pages):
    checked = subprocess.run(["promtool", "check", "metrics"], input=pages, capture_output=True,
                             text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("where, expression", list(_expressions()))
def test_what_is_asked_for_is_there(pages, where, expression):
    """Each series with the labels and the values that the expression selects by."""
    names = set(re.findall(r"\bhither_\w+", expression))
    assert names or "up{" in expression
    for name in names:
        assert re.search(rf"^{name}[ {{]", pages, re.M), f"{where}: nobody shows {name}"
    for name, labels in re.findall(r"\b(hither_\w+)\{([^}]*)\}", expression):
        for label, value in re.findall(r'(\w+)="(\w+)"', labels):
            if label in ("site", "node"):  # Prometheus gives these; see prometheus.yml.
                continue
            assert re.search(rf'^{name}\{{[^}}]*\b{label}="{value}"', pages, re.M), \
                f"{where}: no {name} has {label}={value}"
