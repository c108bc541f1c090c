r"""A fleet of three sites, built as the documents say.

             client, with Prometheus and the console
                |
             transit (AS 64511), the carrier
             /      |        \          fra2: BIRD on the node, which has a session with the sidecar
          fra2  ams1-router  nyc1       ams1: FRR on a router of its own, likewise
                    |                   nyc1: FRR on the node, which follows the kernel's routes
                  ams1
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import threading
import time

import bird
import client
import daemon
import letter_documents as documents
import letter_host
import netns

PREFIXES = ("192.0.2.0/24", "2001:db8::/48")
SERVICE = {"ipv4": "192.0.2.53", "ipv6": "2001:db8::53"}
# Path, MED and communities of a route at the carrier, as examples/routing/README.md says.
UP = ((64496,), 0, "")
SOFT = ((64496,) * 3, 100, "")
DRAIN = ((64496,) * 4, 200, "(65535,0)")
_POLL_SECONDS = 0.02
_ADMIN = "unix:/run/hither-anycast/admin.sock"

# Two ends and their networks. The first end has the address 1 and is the router of the other.
_LINKS = [("transit", "fra2", "198.51.100.", "fd00:1::"),
          ("transit", "ams1-router", "203.0.113.", "fd00:2::"),
          ("transit", "nyc1", "198.18.3.", "fd00:3::"),
          ("transit", "client", "10.1.0.", "fd00:c::"),
          ("ams1-router", "ams1", "10.0.2.", "fd00:12::")]
_MORE = {"transit": ["route add 10.0.1.0/24 via 198.51.100.2",
                     "route add 10.0.2.0/24 via 203.0.113.2",
                     "route add 10.0.3.0/24 via 198.18.3.2",
                     "route add fd00:12::/64 via fd00:2::2"],
         "nyc1": ["addr add 10.0.3.2/32 dev lo"]}
# What a host may have before 60-hither.conf is there.
_STRICT = ("net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.default.rp_filter=1",
           "net.ipv4.conf.all.accept_local=0")
_CARRIER = """\
log stderr all;
timeformat protocol iso long ms;
timeformat route iso long ms;
router id 10.1.0.1;
protocol device { scan time 1; }
protocol kernel { ipv4 { export where source = RTS_BGP; import none; }; }
protocol kernel { ipv6 { export where source = RTS_BGP; import none; }; }
template bgp customer {
  local as 64511;
  connect delay time 1; connect retry time 1; error wait time 1, 2; error forget time 2;
  graceful restart off;
  ipv4 { import all; export none; };
  ipv6 { import all; export none; };
}
"""


def _carrier_config():
    return _CARRIER + "".join(
        f"protocol bgp {site.name} from customer {{ neighbor {site.uplink}2 as 64496; }}\n"
        for site in documents.SITES.values())


class Histories:
    """Each route of each site to each prefix as the carrier has had it, None without one."""

    def __init__(self, carrier):
        self._carrier = carrier
        self._seen = {(site, prefix): [] for site in documents.SITES for prefix in PREFIXES}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._end.wait(_POLL_SECONDS):
            for prefix in PREFIXES:
                with contextlib.suppress(OSError):
                    self._look(prefix)

    def _look(self, prefix):
        routes = {route.protocol: (tuple(route.as_path), route.med, route.communities)
                  for route in self._carrier.routes(prefix)}
        for site in documents.SITES:
            history = self._seen[site, prefix]
            if not history or history[-1] != routes.get(site):
                history.append(routes.get(site))

    def close(self):
        self._end.set()
        self._thread.join()

    def now(self, site):
        return [self._seen[site, prefix][-1:] for prefix in PREFIXES]

    def wait_until(self, site, route, seconds):
        """Until both prefixes have that route."""
        daemon.wait_for(lambda: self.now(site) == [[route]] * 2, seconds,
                        lambda: f"{site} {route}: {self._seen}")

    def take(self, site):
        """{prefix: routes since the last call}; the current one remains the first of the next."""
        taken = {prefix: list(self._seen[site, prefix]) for prefix in PREFIXES}
        for prefix in PREFIXES:
            del self._seen[site, prefix][:len(taken[prefix]) - 1]
        return taken


class Node:
    """A node with what is at its site."""

    def __init__(self, site, host, router):
        self.site, self.host, self.router = site, host, router
        self.units = letter_host.Units(host)
        self.bird = None

    @property
    def name(self):
        return self.site.name

    def hither(self, *words, **how):
        return self.host.run("hither", *words, **how)

    def follow(self, lines):
        """Runs a block of commands as it stands. [(line, output)]; a failure is an assertion."""
        ran = []
        for line in lines:
            if line.startswith("systemctl "):
                self.units.systemctl(line)
                ran.append((line, ""))
            else:
                done = self.host.shell(line)
                ran.append((line, done.stdout + done.stderr))
        return ran

    def status(self):
        """The sidecar's."""
        done = self.hither("status", "--json", "--anycast", _ADMIN, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def states(self):
        status = self.status()
        families = status["services"][0]["families"] if status else []
        return {family["family"]: family["state"] for family in families}

    def wait_states(self, state, seconds=40):
        daemon.wait_for(lambda: self.states() == dict.fromkeys(SERVICE, state), seconds,
                        lambda: f"{self.name} {state}:\n{self.explain()}")

    def explain(self):
        done = self.hither("explain", check=False)
        return done.stdout + done.stderr + self.hither("status", check=False).stdout

    # --- Built by the documents ---

    def prepare_host(self):
        self.host.run("sysctl", "-q", "-w", *_STRICT)
        self.host.write("sysctl.d/60-hither.conf", documents.sysctls())
        # -e: rmem_max is the machine's and not there.
        self.host.run("sysctl", "-e", "-p", "/etc/sysctl.d/60-hither.conf")
        for command in documents.service_address_commands():
            self.host.shell(command)

    def start_router(self):
        for command in documents.router_address_commands(self.site):
            self.router.shell(command)
        owner = "frr" if self.site.is_frr else "bird"
        for path, text in documents.router_files(self.site).items():
            self.router.write(path, text, owner, 0o640)
        if self.site.is_frr:
            self._start_frr()
            return
        self.router.run("/usr/lib/bird/prepare-environment")
        self.router.run("bird", "-p")
        self.bird = self.router.daemon("bird", "bird", "-f", "-u", "bird", "-g", "bird").start()

    def _start_frr(self):
        """As frr.service and FRR's file for systemd-tmpfiles."""
        path = self.router.etc / "frr/daemons"
        path.write_text(path.read_text().replace("bgpd=no", "bgpd=yes"))
        self.router.run("install", "-d", "-o", "frr", "-g", "frr", "-m", "755", "/run/frr")
        started = self.router.daemon("frrinit", "/usr/lib/frr/frrinit.sh", "start").start()
        daemon.wait_for(lambda: not started.is_running(), 60, started.log)
        daemon.wait_for(self._has_bgp, 30, started.log)

    def _has_bgp(self):
        done = self.router.run("vtysh", "-c", "show running-config", check=False)
        return "router bgp 64496" in done.stdout

    def install(self, key):
        self.follow(documents.commands(documents.PACKAGING, "install -m 755"))
        self.write_config()
        (self.host.etc / "hither/zones").mkdir()
        for zone in ("example.org.zone", "example.net.zone"):
            shutil.copy(documents.SOURCE / "examples" / zone, self.host.etc / "hither/zones")
        self.use_drop_in(documents.drop_in(self.site))
        self.host.shell(key)

    def write_config(self):
        self.host.write("hither/hither.yaml", documents.hither_yaml(self.site))

    def use_drop_in(self, text):
        folder = self.host.etc / "systemd/system/hither-anycast.service.d"
        if text is None:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            self.host.write(f"systemd/system/{folder.name}/override.conf", text)


class Fleet:
    def __init__(self):
        self.namespaces = netns.Namespaces()
        self.folder = None
        self.hosts, self.nodes = {}, {}
        self.carrier = self.histories = None
        self.checked = {}
        self._daemons = []

    def __enter__(self):
        netns.sweep()
        try:
            self._make_network()
            self._make_hosts()
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.histories:
            self.histories.close()
        for node in self.nodes.values():
            node.units.kill_all()
        for one in (*self._daemons, *(node.bird for node in self.nodes.values() if node.bird)):
            one.end()
        self.namespaces.remove()
        for host in self.hosts.values():
            host.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _make_network(self):
        self.namespaces.create(sorted({end for link in _LINKS for end in link[:2]}))
        full = self.namespaces.name
        netns.ip_batch([f"link add {b} netns {full(a)} type veth peer name {a} netns {full(b)}"
                        for a, b, _, _ in _LINKS])
        lines = {}
        for a, b, v4, v6 in _LINKS:
            for end, other, last in ((a, b, 1), (b, a, 2)):
                lines.setdefault(end, ["link set lo up"]).extend([
                    f"addr add {v4}{last}/24 dev {other}",
                    f"addr add {v6}{last}/64 dev {other} nodad", f"link set {other} up"])
            lines[b] += [f"route add default via {v4}1", f"route add default via {v6}1"]
        for end, added in lines.items():
            self.namespaces.configure(end, added + _MORE.get(end, []))

    def _make_hosts(self):
        self.folder = netns.make_folder()
        self.folder.chmod(0o755)
        letter_host.make_shared(self.folder)
        tree = self.folder / "tree"
        tree.mkdir()
        for name in ("packaging", "examples"):
            (tree / name).symlink_to(documents.SOURCE / name)
        (tree / "build/release").mkdir(parents=True)
        for variable, name in (("HITHERD", "hitherd"), ("HITHER", "hither"),
                               ("HITHER_ANYCAST", "hither-anycast")):
            (tree / "build/release" / name).symlink_to(pathlib.Path(os.environ[variable]).resolve())
        for site in documents.SITES.values():
            router = f"{site.name}-router" if site.has_router else site.name
            for name in {site.name, router}:
                self.hosts[name] = letter_host.Host(self.namespaces, name, self.folder, tree)
            self.nodes[site.name] = Node(site, self.hosts[site.name], self.hosts[router])

    def _start(self):
        self.carrier = self.run(bird.Bird("transit", self.namespaces, "transit",
                                          _carrier_config(), self.folder))
        self.histories = Histories(self.carrier)
        make_key, install_key = documents.commands(documents.PRODUCTION, "openssl rand")
        next(iter(self.hosts.values())).shell(make_key)
        for node in self.nodes.values():
            node.prepare_host()
            node.start_router()
        # Sites that warm up before the carrier hears their router would show it no first route.
        daemon.wait_for(self._carrier_hears_each_router, 60,
                        lambda: self.carrier.ask("show protocols"))
        for node in self.nodes.values():
            node.install(install_key)
            self.checked[node.name] = node.follow(
                documents.commands(documents.PACKAGING, "hitherd --config"))

    def _carrier_hears_each_router(self):
        established = re.findall(r"(\w+) +BGP .* Established", self.carrier.ask("show protocols"))
        return set(documents.SITES) <= set(established)

    def run(self, one):
        """A daemon of the tests that ends with the fleet."""
        self._daemons.append(one.start())
        return one

    # --- The client ---

    def at_client(self, name, *words):
        return self.run(daemon.Daemon(name, self.namespaces, "client", words, self.folder))

    def hither(self, *words):
        """At the client."""
        return netns.run(self.namespaces.command("client", [os.environ["HITHER"], *words]))

    def load(self, family, seconds=120, queries_per_second=1000):
        """A running dnsperf, for stop() and finish()."""
        questions = self.folder / "questions"
        questions.write_text("www.example.org A\nexample.net SOA\nnone.example.org AAAA\n")
        return client.Load(self.namespaces.command("client", [
            "dnsperf", "-s", SERVICE[family], "-d", questions, "-l", seconds, "-Q",
            queries_per_second, "-t", 2]), seconds)

    def probe(self, family):
        kind = socket.AF_INET6 if family == "ipv6" else socket.AF_INET
        udp = self.namespaces.socket("client", kind, socket.SOCK_DGRAM)
        return client.Prober(udp, SERVICE[family], 100)

    def answering(self, family="ipv4"):
        """The site that the client reaches, by dig."""
        done = netns.run(self.namespaces.command("client", [
            "dig", "+short", "+time=2", "+tries=1", f"@{SERVICE[family]}", "id.server", "CH",
            "TXT"]))
        found = re.fullmatch(r'"ns1\.(\w+)"\n', done)
        return found and found.group(1)

    def wait_up(self, seconds=60):
        deadline = time.monotonic() + seconds
        for node in self.nodes.values():
            node.wait_states("UP", max(1, deadline - time.monotonic()))
            self.histories.wait_until(node.name, UP, max(1, deadline - time.monotonic()))
