"""BIRD 2: the configuration of each router of the lab, and its control socket."""

import contextlib
import re
import socket
import threading

import daemon
import topology

_COMMON = """\
log stderr all;
timeformat protocol iso long ms;
timeformat route iso long ms;
router id {router_id};
protocol device {{ scan time 1; }}
"""

# A node announces only the service's prefixes, and they are preferred to routes from elsewhere: a
# packet that has reached this site is answered here. GRACEFUL_SHUTDOWN is passed on for the
# transits to act on (RFC 8326 §4.2): if this router obeyed it too, the router and its transit would
# briefly send packets to each other.
_ROUTER = """\
protocol direct {{ ipv4; ipv6; interface "client*"; }}
protocol kernel {{ scan time 1; ipv4 {{ export where source = RTS_BGP; import none; }}; }}
protocol kernel {{ scan time 1; ipv6 {{ export where source = RTS_BGP; import none; }}; }}
filter from_node {{
  if net.type = NET_IP4 && net != {allowed_v4} then reject "not of the service";
  if net.type = NET_IP6 && net != {allowed_v6} then reject "not of the service";
  bgp_local_pref = 300;
  accept;
}}
filter from_customer {{
  bgp_local_pref = 200;
  if (65535, 0) ~ bgp_community then bgp_local_pref = 0;
  accept;
}}
filter from_peer {{
  bgp_local_pref = 100;
  if (65535, 0) ~ bgp_community then bgp_local_pref = 0;
  accept;
}}
template bgp session {{
  debug {{ states, events }};
  local as {number};
  hold time 9; keepalive time 3;
  connect delay time 1; connect retry time 1;
  error wait time 1, 2; error forget time 2;
  graceful restart off;
}}
"""

# The template for a router whose neighbor is a sidecar: the hold time is the lease, and a broken
# session may return immediately.
_NODE_SESSION = """\
protocol bgp node from session {{
  hold time 3; keepalive time 1; startup hold time 10;
  neighbor {node_v4} as {node_as};
  password "{password}";
  ttl security on;
  ipv4 {{ import {accept}; export none; }};
  ipv6 {{ import {accept}; export none; }};
}}
"""

_SESSION = """\
protocol bgp {name} from session {{
  neighbor {address} as {number};
  ipv4 {{ import filter {accept}; export {export}; }};
  ipv6 {{ import filter {accept}; export {export}; }};
}}
"""


def _export(router, to):
    if router in topology.SITES:  # No transit for others: only the routes of this site's node.
        prepend = f" bgp_path.prepend({topology.AS_NUMBERS[router]});" * topology.prepends(router,
                                                                                          to)
        return f"filter {{ if proto != \"node\" then reject;{prepend} accept; }}"
    if router == "isp3":
        return "where source = RTS_DEVICE"
    return "all"


def router_config(router, with_node_prefixes=topology.PREFIXES):
    """For a carrier or a site's router, which accepts only these prefixes from the node."""
    text = _COMMON.format(router_id=topology.router_id(router)) + _ROUTER.format(
        number=topology.AS_NUMBERS[router], allowed_v4=with_node_prefixes[0],
        allowed_v6=with_node_prefixes[1])
    for other in topology.neighbors(router):
        text += _SESSION.format(
            name=other, address=topology.link(router, other).address_v4(other),
            number=topology.AS_NUMBERS[other],
            accept="from_customer" if topology.is_customer(router, other) else "from_peer",
            export=_export(router, other))
    if router in topology.SITES:
        node = topology.node_of(router)
        text += _NODE_SESSION.format(
            node_v4=topology.link(router, node).address_v4(node), node_as=topology.NODE_AS,
            password=topology.BGP_PASSWORD, accept="filter from_node")
    return text


_NODE_BGP = """\
protocol bgp uplink {{
  debug {{ states, events }};
  local as {node_as};
  neighbor {router_v4} as {router_as};
  password "{password}";
  ttl security on;
  hold time 3; keepalive time 1;
  connect delay time 1; connect retry time 1;
  error wait time 1, 2; error forget time 2;
  graceful restart off;
  ipv4 {{ import none; export {export}; }};
  ipv6 {{ import none; export {export}; }};
}}
"""
# The sidecar's state is the interface that has its address; see anycast.kernel.
_TIERS = """\
protocol direct tiers {{ ipv4; ipv6; interface "wp-up", "wp-soft", "wp-drain"; }}
filter by_tier {{
  if proto != "tiers" then reject;
  if ifname = "wp-soft" then {{
    bgp_med = 100; bgp_path.prepend({node_as}); bgp_path.prepend({node_as});
  }}
  if ifname = "wp-drain" then {{
    bgp_med = 200; bgp_community.add((65535, 0));
    bgp_path.prepend({node_as}); bgp_path.prepend({node_as}); bgp_path.prepend({node_as});
  }}
  accept;
}}
"""
_STATICS = """\
protocol static {{ ipv4; route {v4} blackhole; }}
protocol static {{ ipv6; route {v6} blackhole; }}
"""


def _node_config(site, more, export):
    node = topology.node_of(site)
    return (_COMMON.format(router_id=topology.link(site, node).address_v4(node))
            + more.format(node_as=topology.NODE_AS, v4=topology.PREFIX_V4, v6=topology.PREFIX_V6)
            + _NODE_BGP.format(node_as=topology.NODE_AS, router_as=topology.AS_NUMBERS[site],
                               router_v4=topology.link(site, node).address_v4(site),
                               password=topology.BGP_PASSWORD, export=export))


def static_config(site):
    """Replaces a sidecar: announces the service's prefixes whatever happens."""
    return _node_config(site, _STATICS, "all")


def tiers_config(site):
    """On a node, for a sidecar with backend kernel, mode address."""
    return _node_config(site, _TIERS, "filter by_tier")


class Bird(daemon.Daemon):
    """A BIRD and its control socket. Any thread may query it."""

    def __init__(self, name, namespaces, where, config, folder):
        self.config_path = folder / f"{name}.conf"
        self.config_path.write_text(config)
        self.socket_path = folder / f"{name}.ctl"
        super().__init__(name, namespaces, where,
                         ["bird", "-f", "-c", self.config_path, "-s", self.socket_path,
                          "-P", folder / f"{name}.pid"], folder)
        self._lock = threading.Lock()
        self._control = None

    def ask(self, command):
        """The whole reply, code and text. Raises OSError while BIRD is not there."""
        with self._lock:
            if self._control is not None:
                with contextlib.suppress(OSError):  # BIRD was restarted since.
                    return self._ask_now(command)
            return self._ask_now(command)

    def _ask_now(self, command):
        try:
            if self._control is None:
                self._control = self._connect()
            self._control.sendall(command.encode() + b"\n")
            return self._read_reply(self._control)
        except OSError:
            if self._control is not None:
                self._control.close()
            self._control = None
            raise

    def _connect(self):
        control = socket.socket(socket.AF_UNIX)
        control.settimeout(5)
        try:
            control.connect(str(self.socket_path))
            self._read_reply(control)  # "0001 BIRD 2.0.12 ready."
        except OSError:
            control.close()
            raise
        return control

    @staticmethod
    def _read_reply(control):
        text = b""
        while not re.search(rb"^\d{4} .*\n\Z", text, re.MULTILINE):
            more = control.recv(65536)
            if not more:
                raise ConnectionError("BIRD closed its control socket")
            text += more
        return text.decode()

    def configure(self, config=None):
        """`birdc configure`, with a new text or the current one."""
        if config is not None:
            self.config_path.write_text(config)
        return self.ask("configure")

    def routes(self, prefix):
        """All routes to exactly this prefix, the best one first."""
        found = []
        for line in self.ask(f"show route {prefix} all").splitlines():
            line = re.sub(r"^\d{4}[ -]", " ", line)
            start = re.match(r"\s+(?:[0-9a-f.:]+/\d+)?\s+\w+ \[(\S+) .*?\](.*)$", line)
            if start:
                found.append(Route(start[1], "*" in start[2]))
            elif found:
                found[-1].read_attribute(line.strip())
        return sorted(found, key=lambda route: not route.is_best)


class Route:
    """A route as `show route all` prints it."""

    def __init__(self, protocol, is_best):
        self.protocol, self.is_best = protocol, is_best
        self.as_path = []
        self.communities, self.med, self.local_pref = "", None, None

    def read_attribute(self, line):
        key, _, value = line.partition(": ")
        if key == "BGP.as_path":
            self.as_path = [int(number) for number in value.split()]
        elif key == "BGP.community":
            self.communities = value
        elif key == "BGP.med":
            self.med = int(value)
        elif key == "BGP.local_pref":
            self.local_pref = int(value)

    @property
    def site(self):
        """The site at the end of the path, or None."""
        sites = [topology.SITE_OF_AS[number] for number in self.as_path
                 if number in topology.SITE_OF_AS]
        return sites[-1] if sites else None

    def __repr__(self):
        return f"{self.site} via {self.as_path} pref {self.local_pref} {self.communities}"
