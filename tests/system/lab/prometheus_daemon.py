"""A real Prometheus that scrapes a fleet by the files of packaging/prometheus.

The rules are those that we ship, with `for:` cut to a second and Prometheus's own intervals to half
a second: the expressions are what is tested.
"""

import contextlib
import http.client
import json
import pathlib
import re
import shutil
import socket

import daemon
import pytest
import yaml

SHIPPED = pathlib.Path(__file__).parents[3] / "packaging" / "prometheus"
RULES = SHIPPED / "hither.rules.yml"
_PORT = 9090
_FIRES_SECONDS = 25


def need():
    if shutil.which("prometheus") is None:
        pytest.skip("there is no prometheus; apt-get install prometheus")


@contextlib.contextmanager
def opened(namespaces, where, port, path):
    """The reply to GET of a page on the loopback of a namespace."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.sock = namespaces.socket(where, socket.AF_INET, socket.SOCK_STREAM)
    connection.sock.settimeout(5)
    with contextlib.closing(connection):
        connection.sock.connect(("127.0.0.1", port))
        connection.request("GET", path)
        yield connection.getresponse()


def get_json(namespaces, where, port, path):
    with opened(namespaces, where, port, path) as reply:
        return json.loads(reply.read())


class Prometheus:
    """`nodes`: the address of each site's node on the management network."""

    def __init__(self, namespaces, where, folder, nodes):
        self._namespaces, self._where, self._nodes = namespaces, where, nodes
        self.folder = folder / "prometheus"
        self.folder.mkdir()
        rules = re.sub(r"for: \S+", "for: 1s", RULES.read_text())
        (self.folder / "hither.rules.yml").write_text(rules)
        (self.folder / "prometheus.yml").write_text(self._config())
        self._daemon = daemon.Daemon(
            "prometheus", namespaces, where,
            [shutil.which("prometheus"), f"--config.file={self.folder}/prometheus.yml",
             f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{_PORT}"],
            self.folder).start()

    def _config(self):
        """The file that we ship, with these nodes and short intervals."""
        config = yaml.safe_load((SHIPPED / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "500ms", "scrape_timeout": "500ms",
                            "evaluation_interval": "500ms"}
        del config["alerting"]
        for job in config["scrape_configs"]:
            port = job["static_configs"][0]["targets"][0].split(":")[1]
            job["static_configs"] = [
                {"targets": [f"{address}:{port}"], "labels": {"site": site, "node": "ns1"}}
                for site, address in self._nodes.items()]
        return yaml.safe_dump(config)

    def end(self):
        self._daemon.end()

    def _get(self, path):
        return get_json(self._namespaces, self._where, _PORT, path)["data"]

    def firing(self):
        """{alert: the sites that it names, "" for those that name none}"""
        found = {}
        with contextlib.suppress(OSError, ValueError, KeyError):  # It does not listen yet.
            for alert in self._get("/api/v1/alerts")["alerts"]:
                if alert["state"] == "firing":
                    name = alert["labels"]["alertname"]
                    found.setdefault(name, set()).add(alert["labels"].get("site", ""))
        return found

    def is_scraping(self):
        with contextlib.suppress(OSError, ValueError, KeyError):
            targets = self._get("/api/v1/targets")["activeTargets"]
            return (len(targets) == 2 * len(self._nodes)
                    and all(one["health"] == "up" for one in targets))
        return False

    def wait_until_scraping(self, seconds=30):
        daemon.wait_for(self.is_scraping, seconds, lambda: str(self.firing()))

    def wait_for(self, wanted, seconds=_FIRES_SECONDS):
        """Until each alert names (at least) its sites."""
        def fires():
            firing = self.firing()
            return all(sites <= firing.get(alert, set()) for alert, sites in wanted.items())
        daemon.wait_for(fires, seconds, lambda: f"{wanted}, but {self.firing()} fire")

    def wait_until_silent(self, seconds=_FIRES_SECONDS, but=()):
        """Until no alert fires but those."""
        daemon.wait_for(lambda: self.is_scraping() and not set(self.firing()) - set(but), seconds,
                        lambda: f"silent, but {self.firing()} fire")
