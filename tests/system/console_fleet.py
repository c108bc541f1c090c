"""A fleet for `hither console`: one real node if wanted, and pages and agents that pretend."""

import contextlib
import http.client
import http.server
import json
import subprocess
import threading
import time

import servers

_ZONE = """\
$ORIGIN example.
@   300 SOA ns1 root 2026112601 7200 900 1209600 600
@   300 NS  ns1
ns1 300 A   192.0.2.1
"""
SERIAL = 2026112601
GARBAGE = b'\xff\x00{"services": [[[[' * 50


class Pages:
    """An HTTP server. answer(method, path, headers) gives (code, object or octets)."""

    def __init__(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                code, told = answer(self.command, self.path, self.headers)
                body = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def _now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class FakeAgent:
    """What the lab's agents have in common: faults that are switched on and off."""

    def __init__(self, name, kind):
        self.name, self.kind, self.faults, self.asked = name, kind, [], []
        self.drained = False
        self.pages = Pages(self.answer)
        self.agent = self.pages.address

    def answer(self, method, path, headers):
        if path == "/agent":
            return 200, {"name": self.name, "kind": self.kind, "faults": self.faults}
        if method == "POST":
            return self.command(path, headers)
        return 404, {"error": "not here"}

    def command(self, path, headers):
        if headers.get("X-Hither") != "1":
            return 403, {"error": "the header X-Hither is missing"}
        self.asked.append(path)
        if path.startswith("/break?fault="):
            self.faults = [path.split("=", 1)[1]]
        elif path == "/heal":
            self.faults = []
        elif path in ("/drain", "/undrain"):
            self.drained = path == "/drain"
        else:
            return 404, {"error": "no such command"}
        return 200, {"faults": self.faults}

    def stop(self):
        self.pages.stop()


class FakeNode(FakeAgent):
    """hitherd's and the sidecar's pages, with the agent that breaks them."""

    def __init__(self, name, site):
        super().__init__(f"{name}.{site}", "node")
        self.node, self.site, self.queries, self.garbage = name, site, 0, False
        self.families = ["ipv4", "ipv6"]
        self.serial = SERIAL
        self._responder = Pages(lambda *_: self._page(self._hitherd))
        self._watcher = Pages(lambda *_: self._page(self._anycast))
        self.hitherd, self.anycast = self._responder.address, self._watcher.address

    def _page(self, make):
        if self.garbage:
            return 200, GARBAGE
        if "kill" in self.faults and make == self._hitherd:
            return 500, {"error": "hitherd is dead"}
        return 200, make()

    def _hitherd(self):
        self.queries += 2400 + 131 * len(self.name)
        return {"version": "hitherd 0.1.0", "pid": 7, "site": self.site, "node": self.node,
                "nsid": self.name, "workers": 2, "started_at": _now(), "uptime_seconds": 3600.0,
                "listen": ["192.0.2.53:53"],
                "counters": {'hither_queries_total{transport="udp"}': self.queries},
                "latency_seconds": {"udp": {"answers": 9, "p50": 2.1e-5, "p99": 8.4e-5,
                                            "p99_9": 1e-4}},
                "zones": [self._zone("example.", self.serial), self._zone("example.net.", 7)],
                "zones_omitted": 0, "zones_omitted_failed": 0}

    def _zone(self, name, serial):
        stale = "stale" in self.faults
        return {"name": name, "file": "z", "state": "stale" if stale else "ok", "serial": serial,
                "records": 3, "signing": "no", "loaded_at": _now(),
                "error": "line 3: no such type; correct it" if stale else ""}

    def state(self):
        if {"kill", "hang", "servfail"} & set(self.faults):
            return "DOWN", "dead", f"hitherd is out of service ({self.faults[0]})"
        if self.drained:
            return "DRAIN", "drain", "the operator wants it"
        if "stale" in self.faults:
            return "SOFT", "shared", "zone example. is stale"
        return "UP", "healthy", "all signals are good"

    def _anycast(self):
        state, rule, reason = self.state()
        families = [{"family": family, "prefixes": [], "state": state, "rule": rule,
                     "reason": reason, "since": _now(), "notes": []}
                    for family in self.families]
        return {"version": "hither-anycast 0.1.0", "node": self.node, "site": self.site,
                "lease_age_seconds": 0.1, "lease_seconds": 2.0,
                "services": [{"name": "dns", "drain": self.drained, "families": families}],
                "sessions": [{"neighbor": "10.0.0.1", "state": "Established", "last_error": ""}]}

    def stop(self):
        super().stop()
        self._responder.stop()
        self._watcher.stop()


class FakeRouter(FakeAgent):
    """`peers`: names of routers; those whose link is cut have no session."""

    def __init__(self, name, peers):
        super().__init__(name, "router")
        self.peers, self.cut_peers = peers, []

    def answer(self, method, path, headers):
        if path != "/sessions":
            return super().answer(method, path, headers)
        return 200, [{"peer": peer, "peer_as": 64500, "since": _now(),
                      "state": "Idle" if self.faults or peer in self.cut_peers else "Established"}
                     for peer in self.peers]


class FakeClient(FakeAgent):
    """site_of() names the node that answers it, as "ns1.fra1", or nothing."""

    def __init__(self, name, number, site_of):
        super().__init__(name, "client")
        self.number, self.site_of, self.count, self.lost = number, site_of, 0, 0

    def answer(self, method, path, headers):
        if path != "/ask":
            return super().answer(method, path, headers)
        self.count += 5
        nsid = self.site_of()
        self.lost += 0 if nsid else 5
        node, _, site = (nsid or "").partition(".")
        answers = [{"address": address, "site": site or None, "node": node or None,
                    "nsid": nsid, "rtt_us": 900 * self.number + self.count % 70 if nsid else None,
                    "serial": SERIAL if nsid else None, "at": time.time(), "asked": self.count,
                    "lost": self.lost} for address in ("192.0.2.53", "2001:db8::53")]
        return 200, {"client": self.name, "as": 64700 + self.number, "answers": answers}


PLACES = {"fra1": ("Frankfurt", 50.1, 8.7), "ams1": ("Amsterdam", 52.3, 4.9),
          "nyc1": ("New York", 40.7, -74.0), "sin1": ("Singapore", 1.35, 103.8)}
_TRANSITS = {"transit-a": ["r.fra1", "r.ams1"], "transit-b": ["r.ams1", "r.nyc1"],
             "transit-c": ["r.fra1", "r.sin1"]}
_BACKBONE = [("transit-a", "transit-b"), ("transit-a", "transit-c"), ("transit-b", "transit-c")]
# Which sites a client would go to, the nearest first.
_CLIENTS = {"berlin": ("transit-a", ["fra1", "ams1"]), "paris": ("transit-a", ["ams1", "fra1"]),
            "boston": ("transit-b", ["nyc1", "ams1"]), "austin": ("transit-b", ["nyc1", "fra1"]),
            "tokyo": ("transit-c", ["sin1", "fra1"]), "delhi": ("transit-c", ["sin1", "ams1"])}


class FakeFleet:
    """Four sites, three carriers, six clients."""

    def __init__(self):
        self.nodes = {f"{node}.{site}": FakeNode(node, site) for site in PLACES
                      for node in (("ns1", "ns2") if site == "fra1" else ("ns1",))}
        links = [(site, transit) for transit, sites in _TRANSITS.items() for site in sites]
        self.links = links + _BACKBONE
        names = sorted({name for link in self.links for name in link})
        self.routers = {name: FakeRouter(name, [b if a == name else a for a, b in self.links
                                                if name in (a, b)]) for name in names}
        self.clients = {name: FakeClient(name, i + 1, lambda sites=sites: self.answering(sites))
                        for i, (name, (_, sites)) in enumerate(_CLIENTS.items())}

    def answering(self, sites):
        for site in sites:
            for name, node in self.nodes.items():
                cut = self.routers[f"r.{site}"].faults
                if node.site == site and node.state()[0] in ("UP", "SOFT") and not cut:
                    return name
        return None

    def yaml(self, *, agents=True, sites="", coordinates=True):
        """Its fleet.yaml; `sites` are more of them, as YAML."""
        agent = (lambda one: f", agent: {one.agent}") if agents else (lambda _: "")
        lines = ["title: Hither lab", 'addresses: [192.0.2.53, "2001:db8::53"]',
                 "question: { name: example, type: SOA }", "sites:"]
        for i, (site, (place, latitude, longitude)) in enumerate(PLACES.items()):
            lines += [f"  - name: {site}", f"    place: {place}", f"    as: {64601 + i}"]
            if coordinates:
                lines += [f"    latitude: {latitude}", f"    longitude: {longitude}"]
            lines += ["    nodes:"]
            lines += [f"      - {{ name: {node.node}, hitherd: {node.hitherd}, "
                      f"anycast: {node.anycast}{agent(node)} }}"
                      for node in self.nodes.values() if node.site == site]
        lines += [sites] if sites else []
        lines += ["routers:"]
        for i, (name, router) in enumerate(self.routers.items()):
            site = f"site: {name[2:]}, " if name.startswith("r.") else ""
            lines.append(f"  - {{ name: {name}, {site}as: {64501 + i}, kind: bird"
                         f"{agent(router)} }}")
        lines += ["links:"] + [f"  - [{a}, {b}]" for a, b in self.links] + ["clients:"]
        for i, (name, client) in enumerate(self.clients.items()):
            lines.append(f"  - {{ name: {name}, as: {64701 + i}, router: {_CLIENTS[name][0]}, "
                         f"agent: {client.agent} }}")
        return "\n".join(lines) + "\n"

    def stop(self):
        for one in (*self.nodes.values(), *self.routers.values(), *self.clients.values()):
            one.stop()


class Console:
    """A running `hither console`."""

    def __init__(self, folder, fleet_yaml, *more):
        self.folder = folder
        path = folder / "fleet.yaml"
        path.write_text(fleet_yaml)
        self._log = open(folder / "console.log", "wb")
        self.process = subprocess.Popen(
            [servers.hither_path(), "console", "--fleet", str(path), "--listen", "127.0.0.1:0",
             *more], stderr=self._log)
        self.port = self._wait_for_port()

    def _wait_for_port(self):
        deadline = time.monotonic() + 30
        while "http://" not in self.log():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.05)
        return int(self.log().split("http://127.0.0.1:")[1].split("/")[0])

    def log(self):
        return (self.folder / "console.log").read_text()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def request(self, method, path, headers=None):
        """(code, headers, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers or {})
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()

    def fleet(self):
        code, _, body = self.request("GET", "/api/fleet")
        assert code == 200
        return json.loads(body)

    def node(self, name):
        return next(node for node in self.fleet()["nodes"] if node["id"] == name)

    def wait(self, condition, seconds=30):
        """Until condition(fleet) holds; that fleet."""
        deadline = time.monotonic() + seconds
        while True:
            fleet = self.fleet()
            if condition(fleet):
                return fleet
            assert time.monotonic() < deadline, json.dumps(fleet, indent=1)[:8000]
            time.sleep(0.1)

    def stop(self):
        """Its exit code."""
        self.process.terminate()
        code = self.process.wait(20)
        self._log.close()
        return code


class RealNode:
    """hitherd and hither-anycast in a dry run, with the pages that they show to other hosts."""

    def __init__(self, folder, sidecar, site="fra1"):
        zone = folder / "example.zone"
        zone.write_text(_ZONE)
        self.port, metrics, peers, admin = (servers.free_port() for _ in range(4))
        self.hitherd, self.anycast = f"127.0.0.1:{metrics}", f"127.0.0.1:{peers}"
        self.admin = f"127.0.0.1:{admin}"
        config = folder / "hither.yaml"
        config.write_text(f"""\
identity: {{ site: {site}, node: ns1 }}
listen: ["127.0.0.1:{self.port}"]
user: root
workers: 1
admin: {{ listen: none }}
metrics: {{ listen: "{self.hitherd}" }}
zones: [{{ name: example, file: {zone} }}]
heartbeat: {folder}/heartbeat
anycast:
  admin: {{ listen: "{self.admin}" }}
  state_file: none
  dry_run: true
  services: [{{ name: dns, prefixes: [127.0.0.0/8], probe: {{ name: example }} }}]
  peers: {{ listen: "{self.anycast}" }}
""")
        self.server = servers.start_hitherd_with_config(folder, config, {"example.": zone},
                                                        "127.0.0.1", self.port)
        self._log = open(folder / "sidecar.log", "wb")
        self.watcher = subprocess.Popen([sidecar, "--config", config], stderr=self._log)

    def stop(self):
        if self.server.process.poll() is None:
            self.server.stop()
        self.watcher.terminate()
        self.watcher.wait(20)
        self._log.close()
