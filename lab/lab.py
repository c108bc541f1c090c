#!/usr/bin/python3
"""An anycast fleet on one machine: three sites, two transits and clients in network namespaces.

topology.py draws it. As a program (`./dev lab netns`) it stays up until Ctrl-C. As a module:

    with Lab() as lab, lab.watch("192.0.2.0/24") as routes, lab.clients["client1"].probe() as probe:
        killed_at = lab.sites["fra1"].hitherd.kill()
        gone_after = routes.wait_gone("fra1", 5) - killed_at

Needs root, BIRD 2 and FRR. It creates only namespaces, processes in them and one folder in
/dev/shm, and stop() removes them all.
"""

import argparse
import contextlib
import dataclasses
import os
import shutil
import signal
import threading
import time

import bird
import client
import daemon
import lab_site
import netns
import topology
import watch

_START_SECONDS = 30
# Policy times short enough for a test; the production values are tested elsewhere.
_POLICY = {"rise": "1s", "rise_first": "500ms", "warm_up": "1s", "hold_down": "1s",
           "hold_down_max": "2s", "withdrawals_max": 64, "drain_min": "2s", "drain_max": "10s"}


@dataclasses.dataclass
class Options:
    """`anycast`: the sidecar's program; without one, static announcements stand in for it."""
    mode: str = "bgp"  # or "kernel"
    frr_sites: tuple = ("nyc1",)
    hitherd: str = dataclasses.field(default_factory=lambda: os.environ.get("HITHERD", "hitherd"))
    hither: str = dataclasses.field(default_factory=lambda: os.environ.get("HITHER", "hither"))
    anycast: str | None = dataclasses.field(
        default_factory=lambda: os.environ.get("HITHER_ANYCAST") or None)
    outside: bool = False  # Nodes send each other beacons from the service address.
    policy: dict = dataclasses.field(default_factory=lambda: dict(_POLICY))


@contextlib.contextmanager
def _without_interrupts():
    """A second Ctrl-C must not leave half of the lab behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Lab:
    """sites, carriers (transits are two of them) and clients, by their names in topology.py."""

    def __init__(self, options=None):
        self.options = options or Options()
        self.sites, self.carriers, self.clients = {}, {}, {}
        self.folder = None
        self.namespaces = netns.Namespaces()
        self._closing = contextlib.ExitStack()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Returns when every client is answered by the site that the topology names."""
        netns.sweep()
        try:
            self._make_network()
            self._make_parts()
            for one in self._daemons():
                one.start()
            self.wait_for_catchment({}, 1)
            self._check_running()
            self.wait_until_whole(_START_SECONDS)
            if self.options.anycast:
                self.wait_until_up(_START_SECONDS)
        except BaseException:  # Ctrl-C, too.
            self.stop()
            raise
        return self

    def stop(self):
        """Stops and removes everything; may be repeated, and called at any point of a start."""
        with _without_interrupts():
            self._closing.close()
            for one in reversed(self._daemons()):
                one.ask_to_end()
            for one in reversed(self._daemons()):
                one.end()
            self.namespaces.remove()
            if self.folder is not None:
                shutil.rmtree(self.folder, ignore_errors=True)
                self.folder = None

    @property
    def transits(self):
        return {name: self.carriers[name] for name in ("t1", "t2")}

    def _daemons(self):
        return [*self.carriers.values(),
                *(one for site in self.sites.values() for one in site.daemons())]

    # --- The network ---

    def _make_network(self):
        self.namespaces.create(topology.namespaces())
        full = self.namespaces.name
        netns.ip_batch(
            [f"link add {one.b} netns {full(one.a)} type veth peer name {one.a} netns {full(one.b)}"
             for one in topology.LINKS]
            + [f"link add mgmt netns {full(topology.node_of(site))} type veth "
               f"peer name {site} netns {full(topology.MANAGEMENT)}" for site in topology.SITES])
        for name in topology.namespaces():
            self.namespaces.configure(name, self._lines_of(name))

    def _lines_of(self, name):
        """The commands of ip(8) that give a namespace its addresses and static routes."""
        lines = ["link set lo up"]
        for link in topology.LINKS:
            if name in (link.a, link.b):
                other = link.other(name)
                lines += [f"addr add {link.address_v4(name)}/24 dev {other}",
                          f"addr add {link.address_v6(name)}/64 dev {other} nodad",
                          f"link set {other} up"]
                if name not in topology.AS_NUMBERS:  # A stub: all else is beyond its router.
                    lines += [f"route add default via {link.address_v4(other)}",
                              f"route add default via {link.address_v6(other)} dev {other}"]
        for site, via in topology.NODE_WAYS.get(name, {}).items():
            v4, v6 = topology.node_link(site).networks
            way = topology.link(name, via)
            lines += [f"route add {v4} via {way.address_v4(via)}",
                      f"route add {v6} via {way.address_v6(via)}"]
        if name == topology.MANAGEMENT:
            lines += ["link add br0 type bridge", "link set br0 up"]
            lines += [f"link set {site} master br0 up" for site in topology.SITES]
        for site in topology.SITES:
            if name == topology.node_of(site):
                lines += self._node_lines(site)
        return lines

    def _node_lines(self, site):
        lines = [f"addr add {topology.management_v4(site)}/24 dev mgmt", "link set mgmt up",
                 f"addr add {topology.SERVICE_V4}/32 dev lo",
                 f"addr add {topology.SERVICE_V6}/128 dev lo nodad"]
        if self.options.mode == "kernel":
            for tier in ("wp-up", "wp-soft", "wp-drain"):
                lines += [f"link add {tier} type ifb", f"link set {tier} up"]
        return lines

    def _make_parts(self):
        self.folder = netns.make_folder()
        self.folder.chmod(0o755)  # FRR's daemons are not root.
        for name in topology.CARRIERS:
            self.carriers[name] = bird.Bird(name, self.namespaces, name, bird.router_config(name),
                                            self.folder)
        for name in topology.SITES:
            self.sites[name] = lab_site.Site(name, self.namespaces, self.folder, self.options)
        for name in topology.CLIENTS:
            self.clients[name] = client.Client(name, self.namespaces, self.folder)

    # --- What it shows ---

    def watch(self, prefix=topology.PREFIX_V4):
        """A started Watcher of the prefix at all carriers; `with lab.watch() as routes:`."""
        watcher = watch.Watcher(self.carriers, prefix)
        self._closing.callback(watcher.close)
        return watcher

    def catchment(self, **how):
        """The site that answers each client, or None."""
        return {name: one.dig(seconds=0.3, **how).site for name, one in self.clients.items()}

    def wait_for_catchment(self, wanted, seconds, **how):
        """Waits until each client of `wanted` is answered by its site; returns the time taken."""
        start = time.monotonic()

        def is_so():
            seen = self.catchment(**how)
            return all(seen[name] == site for name, site in wanted.items())

        daemon.wait_for(is_so, seconds, lambda: f"{wanted}, but it is {self.catchment(**how)}")
        return time.monotonic() - start

    def _check_running(self):
        ended = [one.name for one in self._daemons() if not one.is_running()]
        if ended:
            raise RuntimeError(f"exited immediately: {', '.join(ended)}\n{self.describe()}")

    def wait_until_whole(self, seconds):
        try:
            for v6 in (False, True):
                self.wait_for_catchment(topology.CATCHMENT, seconds, v6=v6)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.describe()}") from error

    def describe(self):
        """Routes and the last log lines, for when something does not come up."""
        lines = []
        for name, carrier in self.carriers.items():
            with contextlib.suppress(OSError):
                lines += [f"{name} {prefix}: {carrier.routes(prefix)}"
                          for prefix in topology.PREFIXES]
        for one in self._daemons():
            lines += [f"--- {one.name}, running: {one.is_running()}", *one.log().splitlines()[-8:]]
        return "\n".join(lines)

    def heal(self, seconds=20):
        """Restarts every part and waits until each client reaches its site: for the next test."""
        for carrier in self.carriers.values():
            carrier.start()
        for site in self.sites.values():
            site.heal()
        self.wait_until_whole(seconds)
        if self.options.anycast:
            self.wait_until_up(seconds)

    def wait_until_up(self, seconds):
        """Waits until each sidecar reports UP for both families."""
        wanted = dict.fromkeys(("ipv4", "ipv6"), "UP")
        for site in self.sites.values():
            daemon.wait_for(lambda site=site: site.states() == wanted, seconds,
                            lambda site=site: f"{site.name} UP:\n{site.explain()}")


def _print_lab(lab):
    full = lab.namespaces.name
    print(f"\nfolder {lab.folder}: configurations, logs (*.log), control sockets\n")
    for name, site in lab.sites.items():
        router = "FRR" if site.is_frr else "BIRD"
        print(f"site {name}: node {full(site.node)}, router {full(name)} "
              f"(AS {topology.SITES[name]}, {router})")
    for name, number in topology.CARRIERS.items():
        print(f"carrier {name}: AS {number}, BIRD, {full(name)}")
    print("\nclient     behind  answered by (IPv4, IPv6)")
    by_v6 = lab.catchment(v6=True)
    for name, site in lab.catchment().items():
        print(f"{name:10} {lab.clients[name].carrier:7} {site}, {by_v6[name]}")
    print(f"""
Try, in another terminal:
  ip netns exec {full("client1")} dig +nsid @{topology.SERVICE_V4} example.org
  ip netns exec {full("client1")} traceroute {topology.SERVICE_V4}
  birdc -r -s {lab.carriers["t1"].socket_path} show route {topology.PREFIX_V4} all
  kill -9 {lab.sites["fra1"].hitherd.pid}     # hitherd at fra1
  kill -9 {lab.sites["fra1"].announcer.pid if lab.options.mode == "bgp" else "..."}     # \
{"the sidecar" if lab.sites["fra1"].sidecar else "a static announcement instead of a sidecar"}""")
    print(f"  {lab.options.hither} status --admin {lab.sites['fra1'].admin}")
    if lab.sites["fra1"].sidecar:
        for verb in ("status", "explain", "drain --wait", "undrain"):
            print(f"  {lab.options.hither} {verb} --anycast {lab.sites['fra1'].anycast_admin}")
    print(f"  kill -USR1 {os.getpid()}     # heals: starts what was killed, at all sites\n"
          "\nUntil Ctrl-C.", flush=True)


def _heal(lab):
    try:
        lab.heal()
        print("healed: each client reaches its site", flush=True)
    except TimeoutError as error:
        print(f"not healed: {error}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=("bgp", "kernel"), default="bgp")
    parser.add_argument("--frr", default="nyc1", help="sites with FRR, such as nyc1,fra1; or none")
    chosen = parser.parse_args()
    if os.geteuid() != 0:
        parser.exit(1, "lab: creating namespaces needs root; run it with sudo\n")
    frr_sites = tuple(name for name in chosen.frr.split(",") if name != "none")
    if not set(frr_sites) <= set(topology.SITES):
        parser.error(f"--frr: the sites are {', '.join(topology.SITES)}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), Lab(Options(mode=chosen.mode,
                                                             frr_sites=frr_sites)) as lab:
        heals = []
        signal.signal(signal.SIGUSR1, lambda *_: heals.append(True))
        _print_lab(lab)
        while True:
            time.sleep(0.5)
            if heals:
                heals.clear()
                _heal(lab)


if __name__ == "__main__":
    main()
