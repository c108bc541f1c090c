"""One site of the lab: its router, and its node with hitherd and the announcer."""

import json
import signal
import subprocess
import time

import bird
import daemon
import frr
import topology

_ZONE = """\
$TTL 60
@     SOA  ns1 hostmaster {serial} {refresh} {retry} {expire} 60
@     NS   ns1
ns1   A    {v4}
ns1   AAAA {v6}
www   A    192.0.2.80
www   AAAA 2001:db8::80
"""


def _zone_text(serial, refresh, retry, expire):
    return _ZONE.format(serial=serial, refresh=refresh, retry=retry, expire=expire,
                        v4=topology.SERVICE_V4, v6=topology.SERVICE_V6)


class KernelStandIn:
    """In kernel mode, replaces a sidecar: a permanent address or route."""

    def __init__(self, namespaces, site, mode):
        self._namespaces = namespaces
        self._node = topology.node_of(site)
        self._lines = (["addr {} 192.0.2.1/24 dev wp-up noprefixroute",
                        "addr {} 2001:db8::1/48 dev wp-up noprefixroute"] if mode == "address" else
                       [f"route {{}} {prefix} dev lo metric 101" for prefix in topology.PREFIXES])
        self._is_there = False

    def is_running(self):
        return self._is_there

    def _change(self, verb, is_there):
        if self._is_there != is_there:
            self._namespaces.configure(self._node, [line.format(verb) for line in self._lines])
        self._is_there = is_there
        return self

    def start(self):
        return self._change("add", True)

    def ask_to_end(self):
        pass  # It is removed with its namespace.

    def end(self):
        self._change("del", False)

    def kill(self, _=signal.SIGKILL):
        killed_at = time.monotonic()
        self.end()
        return killed_at

    def cont(self):
        pass

    def log(self):
        return ""


class Site:
    """Its parts: router, hitherd, and either sidecar or stand_in (the other one is None); in
    kernel mode node_router, too. Each can be killed, stopped and restarted separately.
    """

    def __init__(self, name, namespaces, folder, options):
        self.name, self.options = name, options
        self.folder = folder / name
        self.folder.mkdir()
        self.node = topology.node_of(name)
        self._namespaces = namespaces
        self.is_frr = name in options.frr_sites
        self.zone_path = self.folder / "example.org.zone"
        self.config_path = self.folder / "hither.yaml"
        self.admin = f"unix:{self.folder}/admin.sock"
        self.anycast_admin = f"unix:{self.folder}/anycast.sock"
        self._is_refusing = False
        self.write_zone()
        (self.folder / "example.net.zone").write_text(self.zone_path.read_text())
        self._make_routers()
        self.sidecar = self.stand_in = None
        self._make_announcer()
        self.write_config()
        self.hitherd = self._at_node("hitherd", [options.hitherd, "--config", self.config_path])

    def _at_node(self, name, command):
        return daemon.Daemon(name, self._namespaces, self.node, command, self.folder)

    def _make_routers(self):
        kind, made = (frr, frr.Frr) if self.is_frr else (bird, bird.Bird)
        self.router = made("router", self._namespaces, self.name, kind.router_config(self.name),
                           self.folder)
        self.node_router = None
        if self.options.mode == "kernel":
            self.node_router = made("node-router", self._namespaces, self.node,
                                    kind.tiers_config(self.name), self.folder)

    def _make_announcer(self):
        if self.options.anycast:
            self.sidecar = self._at_node("sidecar", [self.options.anycast, "--config",
                                                     self.config_path])
        elif self.options.mode == "kernel":
            self.stand_in = KernelStandIn(self._namespaces, self.name, self.kernel_mode)
        else:
            self.stand_in = bird.Bird("stand-in", self._namespaces, self.node,
                                      bird.static_config(self.name), self.folder)

    @property
    def kernel_mode(self):
        return "metric" if self.is_frr else "address"

    @property
    def announcer(self):
        return self.sidecar or self.stand_in

    def daemons(self):
        """In start order."""
        return [one for one in (self.router, self.node_router, self.hitherd, self.announcer) if one]

    # --- Configuration ---

    def write_zone(self, serial=1, refresh=3600, retry=600, expire=604800):
        self.zone_path.write_text(_zone_text(serial, refresh, retry, expire))

    def break_zone(self, expire=604800):
        """Makes a load fail: the served zone becomes stale, and expires after `expire`."""
        self.write_zone(serial=2, expire=expire)
        loaded = self.reload()
        self.zone_path.write_text("this is no zone\n")
        failed = self.reload()
        if loaded.returncode != 0 or failed.returncode == 0:
            raise RuntimeError(f"{self.name}: {loaded.stderr} {failed.stdout}")

    def serve_servfail(self):
        """Restarts hitherd, which cannot load the zone and has no older version."""
        self.zone_path.write_text("this is no zone\n")
        self.hitherd.restart()

    def become(self, identity):
        """Restarts hitherd with another site's identity: an impostor on this site's addresses."""
        self.write_config(identity)
        self.hitherd.restart()

    def write_config(self, identity=None):
        text = f"""\
identity: {{ site: {identity or self.name}, node: {topology.NODE} }}
listen:
  - "{topology.SERVICE_V4}:53"
  - "[{topology.SERVICE_V6}]:53"
  - "{topology.management_v4(self.name)}:53"
workers: 2
user: root
admin: {{ listen: "{self.admin}" }}
metrics: {{ listen: "{topology.management_v4(self.name)}:8053" }}
zones:
  - {{ name: example.org, file: {self.zone_path} }}
  - {{ name: example.net, file: {self.folder}/example.net.zone }}
"""
        if self.options.anycast:
            text += f"heartbeat: {self.folder}/heartbeat\n" + self._anycast_text()
        self.config_path.write_text(text)

    def _anycast_text(self):
        policy = ", ".join(f"{key}: {value}" for key, value in self.options.policy.items())
        return f"""\
anycast:
  admin: {{ listen: "{self.anycast_admin}" }}
  state_file: {self.folder}/anycast.state
  journal: {self.folder}/anycast.journal
  policy: {{ {policy} }}
  services:
    - name: dns
      prefixes: ["{topology.PREFIX_V4}", "{topology.PREFIX_V6}"]
      probe: {{ name: example.org, type: SOA }}
{self._backend_text()}
  readback: {{ {self._readback_text()} }}
  peers:
    listen: "{topology.management_v4(self.name)}:8055"
{self._outside_text(self.name, 4)}    nodes:
""" + "".join(f"""\
      - name: {topology.NODE}.{other}
        address: "{topology.management_v4(other)}:8055"
        dns: "{topology.management_v4(other)}:53"
{self._outside_text(other, 8)}""" for other in topology.SITES if other != self.name)

    def _outside_text(self, site, indent):
        if not self.options.outside:
            return ""
        link, node = topology.node_link(site), topology.node_of(site)
        return f'{" " * indent}outside: ["{link.address_v4(node)}", "{link.address_v6(node)}"]\n'

    def _backend_text(self):
        if self.options.mode == "kernel":
            return f"  kernel: {{ mode: {self.kernel_mode}, lease: 3s }}"
        link = topology.link(self.name, self.node)
        return f"""\
  bgp:
    local_as: {topology.NODE_AS}
    router_id: {link.address_v4(self.node)}
    neighbors:
      - address: {link.address_v4(self.name)}
        as: {topology.AS_NUMBERS[self.name]}
        password: {topology.BGP_PASSWORD}
        ttl_security: true
        hold_time: 3s"""

    def _readback_text(self):
        asked = self.node_router or self.router
        if self.is_frr:
            return f"frr: [{', '.join(asked.vtysh)}]"
        return f"bird: {asked.socket_path}"

    def refuse_node_routes(self, refuse):
        """Makes the router refuse its node's routes, or accept them again."""
        if self.is_frr:
            self.router.refuse_node_routes(refuse)
        else:
            prefixes = ("198.51.100.0/24", "2001:db8:bad::/48") if refuse else topology.PREFIXES
            self.router.configure(bird.router_config(self.name, prefixes))
        self._is_refusing = refuse

    def heal(self):
        """Restores its files, its daemons' settings and their state as at the start."""
        zone, config = self.zone_path.read_text(), self.config_path.read_text()
        self.write_zone()
        self.write_config()
        for one in self.daemons():
            if one.is_running():
                one.cont()
            else:
                one.start()
        if config != self.config_path.read_text():
            self.hitherd.restart()
        if zone != self.zone_path.read_text():
            daemon.wait_for(lambda: self.reload().returncode == 0, 5, self.hitherd.log)
        if self._is_refusing:
            self.refuse_node_routes(False)

    # --- Operator commands ---

    def hither(self, *arguments, timeout=90):
        """Runs the tool on the node; the caller checks its exit status."""
        return subprocess.run(self._namespaces.command(self.node, [self.options.hither,
                                                                   *arguments]),
                              capture_output=True, text=True, timeout=timeout)

    def reload(self):
        return self.hither("reload", "--admin", self.admin)

    def ask_sidecar(self, verb, *more, **how):
        return self.hither(verb, *more, "--anycast", self.anycast_admin, **how)

    def sidecar_status(self):
        """GET /status as a value; None while no sidecar answers."""
        done = self.ask_sidecar("status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def states(self):
        """The service's states: {"ipv4": "UP", "ipv6": "SOFT"}; {} while no sidecar answers."""
        status = self.sidecar_status()
        families = status["services"][0]["families"] if status else []
        return {family["family"]: family["state"] for family in families}

    def explain(self):
        done = self.ask_sidecar("explain")
        return done.stdout + done.stderr

    def configure_node(self, lines, *flags):
        """Commands of ip(8) on the node."""
        self._namespaces.configure(self.node, lines, *flags)
