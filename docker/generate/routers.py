"""Configurations of BIRD and FRR: carriers, sites' routers, clients."""

from generate import topology

# Routes differ by the length of their AS path alone, but for GRACEFUL_SHUTDOWN (RFC 8326 §4.2),
# which carriers act on and sites' routers pass on: a packet that has reached a site is answered
# there. A site spreads its load over its nodes; a carrier uses one of several equally long paths.
_BIRD = """\
# {name}, AS {number}. Made by docker/gen.
log stderr all;
timeformat protocol iso long ms;
router id {router_id};
protocol device {{ scan time 1; }}
protocol kernel {{
  scan time 5;{merge}
  ipv4 {{ import none; export filter to_kernel; }};
}}
protocol kernel {{
  scan time 5;{merge}
  ipv6 {{ import none; export filter to_kernel; }};
}}
filter from_other {{
  bgp_local_pref = 100;
  if (65535, 0) ~ bgp_community then bgp_local_pref = 0;
  accept;
}}
# hold time: how long a silently cut link goes unnoticed.
template bgp session {{
  debug {{ states, events }};
  local as {number};
  hold time 3; keepalive time 1; startup hold time 10;
  connect delay time 1; connect retry time 1;
  error wait time 1, 2; error forget time 2;
  graceful restart off;
}}
"""
_TO_KERNEL = """\
filter to_kernel {{
  if source != RTS_BGP then reject;
{more}  accept;
}}
"""
_BIRD_SESSION = """\
protocol bgp {name} from session {{
  neighbor {address} as {number};
{more}  ipv4 {{ import filter {accept}; export {export}; }};
  ipv6 {{ import filter {accept}; export {export}; }};
}}
"""
# Only the service's prefixes are accepted from a node.
_FROM_NODE = """\
filter from_node {{
  if net.type = NET_IP4 && net != {v4} then reject "not of the service";
  if net.type = NET_IP6 && net != {v6} then reject "not of the service";
  bgp_local_pref = 300;
  accept;
}}
"""
_SECURED = """\
  password "{password}";
  ttl security on;
"""
_CLIENT = """\
protocol static {{ ipv4; route {v4}/32 blackhole; }}
protocol static {{ ipv6; route {v6}/128 blackhole; }}
"""


def _bird_name(name):
    """r.fra1 is not a name for a protocol of BIRD."""
    return "to_" + name.replace(".", "_")


def _bird_export(box, link):
    if box.kind == "client":
        return "where source = RTS_STATIC"
    if box.site:  # No transit for others: only the routes of this site's nodes.
        return f"where bgp_path.first = {topology.NODE_AS}"
    if link.is_long:
        return f"filter {{ if source != RTS_BGP then reject; bgp_path.prepend({box.number}); " \
               "accept; }"
    return "where source = RTS_BGP"


def bird(topo, box):
    more = ""
    if box.kind == "client":  # Queries come from the address that the others have a route to.
        v4, v6 = box.own_addresses()
        more = f"  if net.type = NET_IP4 then krt_prefsrc = {v4}; else krt_prefsrc = {v6};\n"
    text = _TO_KERNEL.format(more=more) + _BIRD.format(name=box.name, number=box.number,
                                                       router_id=box.router_id,
                                                       merge=" merge paths on;" if box.site else "")
    # Definitions first: BIRD reads from top to bottom.
    if box.kind == "client":
        text += _CLIENT.format(v4=v4, v6=v6)
    if box.site:
        text += _FROM_NODE.format(v4=topology.PREFIX_V4, v6=topology.PREFIX_V6)
    for link, other in topo.links_of(box.name):
        is_node = other.kind == "node"
        text += _BIRD_SESSION.format(
            name=_bird_name(other.name), address=link.v4(other.name), number=other.number,
            accept="from_node" if is_node else "from_other",
            more=_SECURED.format(password=topology.BGP_PASSWORD) if is_node else "",
            export="none" if is_node else _bird_export(box, link))
    return text


_FRR_HEAD = """\
! {name}, AS {number}. Made by docker/gen.
frr defaults traditional
hostname {name}
log stdout informational
ip prefix-list SERVICE4 permit {v4}
ipv6 prefix-list SERVICE6 permit {v6}
bgp as-path access-list NODE permit ^{node_as}
router bgp {number}
 bgp router-id {router_id}
 bgp bestpath compare-routerid
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 bgp graceful-restart-disable
 no bgp network import-check
"""
_FRR_NEIGHBOR = """\
 neighbor {address} remote-as {number}
 neighbor {address} description {name}
 neighbor {address} timers 1 3
 neighbor {address} timers connect 1
 neighbor {address} advertisement-interval 0
"""
_FRR_SECURED = """\
 neighbor {address} password {password}
 neighbor {address} ttl-security hops 1
"""
_FRR_MAPS = """\
bgp route-map delay-timer 1
route-map FROM-NODE4 permit 10
 match ip address prefix-list SERVICE4
 set local-preference 300
route-map FROM-NODE6 permit 10
 match ipv6 address prefix-list SERVICE6
 set local-preference 300
route-map TO-CARRIER permit 10
 match as-path NODE
route-map NOTHING deny 10
"""


def frr(topo, box):
    """bgpd.conf of a site's router."""
    others = topo.links_of(box.name)
    text = _FRR_HEAD.format(name=box.name, number=box.number, router_id=box.router_id,
                            v4=topology.PREFIX_V4, v6=topology.PREFIX_V6,
                            node_as=topology.NODE_AS)
    for link, other in others:
        address = link.v4(other.name)
        text += _FRR_NEIGHBOR.format(address=address, number=other.number, name=other.name)
        if other.kind == "node":
            text += _FRR_SECURED.format(address=address, password=topology.BGP_PASSWORD)
    for family, digit in (("ipv4", "4"), ("ipv6", "6")):
        text += f" address-family {family} unicast\n  maximum-paths 2\n"
        for link, other in others:
            address = link.v4(other.name)
            text += f"  neighbor {address} activate\n"
            if other.kind == "node":
                text += f"  neighbor {address} route-map FROM-NODE{digit} in\n"
                text += f"  neighbor {address} route-map NOTHING out\n"
            else:
                text += f"  neighbor {address} route-map TO-CARRIER out\n"
        text += " exit-address-family\n"
    return text + _FRR_MAPS
