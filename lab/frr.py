"""FRR: zebra and bgpd as a site's router, or on a node beside its sidecar in kernel mode."""

import json
import shutil
import signal

import daemon
import netns
import topology

_PROGRAMS = "/usr/lib/frr"

_HEAD = """\
frr defaults traditional
hostname {name}
log stdout informational
ip prefix-list SERVICE4 permit {service_v4}
ipv6 prefix-list SERVICE6 permit {service_v6}
bgp as-path access-list NODE permit ^{node_as}
"""
_BGP = """\
router bgp {number}
 bgp router-id {router_id}
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 bgp graceful-restart-disable
 no bgp network import-check
bgp route-map delay-timer 1
"""
_NEIGHBOR = """\
 neighbor {address} remote-as {number}
 neighbor {address} timers {timers}
 neighbor {address} timers connect 1
 neighbor {address} advertisement-interval 0
"""
_SECURED = """\
 neighbor {address} password {password}
 neighbor {address} ttl-security hops 1
"""
# As in bird.py: a packet that has reached this site is answered here.
_ROUTER_MAPS = """\
route-map FROM-NODE4 permit 10
 match ip address prefix-list SERVICE4
 set local-preference 300
route-map FROM-NODE6 permit 10
 match ipv6 address prefix-list SERVICE6
 set local-preference 300
route-map TO-TRANSIT permit 10
 match as-path NODE
route-map NOTHING deny 10
"""
# The sidecar's state is the metric of its route; see anycast.kernel.
_TIER_MAPS = """\
route-map TIERS permit 10
 match metric 101
route-map TIERS permit 20
 match metric 102
 set metric 100
 set as-path prepend {node_as} {node_as}
route-map TIERS permit 30
 match metric 109
 set metric 200
 set as-path prepend {node_as} {node_as} {node_as}
 set community graceful-shutdown
route-map NOTHING deny 10
"""


def _family(family, neighbors, more=""):
    """`neighbors`: (address, route-map in, route-map out), the maps perhaps empty."""
    text = f" address-family {family} unicast\n{more}"
    for address, map_in, map_out in neighbors:
        text += f"  neighbor {address} activate\n"
        text += f"  neighbor {address} route-map {map_in} in\n" if map_in else ""
        text += f"  neighbor {address} route-map {map_out} out\n" if map_out else ""
    return text + " exit-address-family\n"


def _head(name):
    return _HEAD.format(name=name, service_v4=topology.PREFIX_V4, service_v6=topology.PREFIX_V6,
                        node_as=topology.NODE_AS)


def router_config(site):
    """As bird.router_config()."""
    node = topology.node_of(site)
    at_node = topology.link(site, node).address_v4(node)
    others = {topology.link(site, other).address_v4(other): topology.AS_NUMBERS[other]
              for other in topology.neighbors(site)}
    text = _head(site)
    text += _BGP.format(number=topology.AS_NUMBERS[site], router_id=topology.router_id(site))
    text += _NEIGHBOR.format(address=at_node, number=topology.NODE_AS, timers="1 3")
    text += _SECURED.format(address=at_node, password=topology.BGP_PASSWORD)
    for address, number in others.items():
        text += _NEIGHBOR.format(address=address, number=number, timers="3 9")
    for family, digit in (("ipv4", "4"), ("ipv6", "6")):
        text += _family(family, [(at_node, f"FROM-NODE{digit}", "NOTHING")]
                        + [(address, "", "TO-TRANSIT") for address in others])
    return text + _ROUTER_MAPS


def tiers_config(site):
    """On a node, for a sidecar with backend kernel, mode metric."""
    node = topology.node_of(site)
    router = topology.link(site, node).address_v4(site)
    text = _head(node)
    text += _BGP.format(number=topology.NODE_AS,
                        router_id=topology.link(site, node).address_v4(node))
    text += _NEIGHBOR.format(address=router, number=topology.AS_NUMBERS[site], timers="1 3")
    text += _SECURED.format(address=router, password=topology.BGP_PASSWORD)
    for family in ("ipv4", "ipv6"):
        text += _family(family, [(router, "NOTHING", "")],
                        more="  redistribute kernel route-map TIERS\n")
    return text + _TIER_MAPS.format(node_as=topology.NODE_AS)


class Frr:
    """The two daemons, with the verbs of daemon.Daemon; kill(), stop() and cont() are bgpd's."""

    def __init__(self, name, namespaces, where, config, folder):
        self.name = name
        self.folder = folder / name
        self.folder.mkdir()
        self.vtysh = ["vtysh", "--vty_socket", str(self.folder)]
        self.config_path = self.folder / "bgpd.conf"
        self.config_path.write_text(config)
        (self.folder / "zebra.conf").write_text(f"hostname {name}\nlog stdout\n")
        for path in (self.folder, *self.folder.iterdir()):
            shutil.chown(path, "frr", "frr")  # The user of its daemons.
        self._zebra = self._daemon("zebra", namespaces, where)
        self._bgpd = self._daemon("bgpd", namespaces, where)

    def _daemon(self, program, namespaces, where):
        folder = self.folder
        # Port 0: no telnet.
        return daemon.Daemon(program, namespaces, where,
                             [f"{_PROGRAMS}/{program}", "-f", folder / f"{program}.conf",
                              "-i", folder / f"{program}.pid", "-z", folder / "zserv.api",
                              "--vty_socket", folder, "-P", 0],
                             folder)

    @property
    def pid(self):
        return self._bgpd.pid

    def is_running(self):
        return self._bgpd.is_running()

    def log(self):
        return self._zebra.log() + self._bgpd.log()

    def start(self):
        self._zebra.start()
        daemon.wait_for((self.folder / "zserv.api").exists, 30, self._zebra.log)
        self._bgpd.start()
        return self

    def kill(self, number=signal.SIGKILL):
        return self._bgpd.kill(number)

    def stop(self):
        return self._bgpd.stop()

    def cont(self):
        return self._bgpd.cont()

    def ask_to_end(self):
        self._bgpd.ask_to_end()

    def end(self):
        self._bgpd.end()
        self._zebra.end()
        # The next zebra creates it again; until then it must not be mistaken for that one's.
        (self.folder / "zserv.api").unlink(missing_ok=True)

    def restart(self):
        self.end()
        return self.start()

    def ask(self, command):
        return netns.run([*self.vtysh, "-c", command])

    def ask_json(self, command):
        return json.loads(self.ask(f"{command} json") or "{}")

    def reset_sessions(self):
        self.ask("clear bgp *")

    def refuse_node_routes(self, refuse):
        """On a router; bgpd applies it to accepted routes about a second later."""
        commands = [f"{'' if refuse else 'no '}route-map FROM-NODE{family} deny 5"
                    for family in "46"]
        netns.run([*self.vtysh, *(word for command in ("configure terminal", *commands)
                                  for word in ("-c", command))])
