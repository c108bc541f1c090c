"""What a node reads: hither.yaml and its zones."""

from generate import topology

# Times short enough to watch; the production values are hither-anycast's defaults.
_POLICY = {"rise": "1s", "rise_first": "500ms", "warm_up": "1s", "hold_down": "1s",
           "hold_down_max": "2s", "withdrawals_max": 64, "drain_min": "2s", "drain_max": "10s"}
# Longer than any path to another site: a less preferred site gets no traffic here.
_SOFT_PREPEND = 5

ZONE = f"""\
$TTL 60
@     SOA  ns1 hostmaster 1 3600 600 604800 60
@     NS   ns1
ns1   A    {topology.SERVICE_V4}
ns1   AAAA {topology.SERVICE_V6}
www   A    192.0.2.80
www   AAAA 2001:db8::80
"""

_CONFIG = """\
# {name}. Made by docker/gen.
identity: {{ site: {site}, node: {node} }}
listen:
  - "{service_v4}:53"
  - "[{service_v6}]:53"
  - "{management}:53"    # Other nodes query this, to see whether a fault is this node's alone.
workers: 1
user: hither
admin: {{ listen: "unix:/run/hither/admin.sock" }}
metrics: {{ listen: "{management}:8053" }}
heartbeat: /run/hither/heartbeat
zones:
  - {{ name: example.org, file: example.org.zone }}
  - {{ name: example.net, file: example.net.zone }}
anycast:
  admin: {{ listen: "unix:/run/hither-anycast/admin.sock" }}
  state_file: none
  policy: {{ {policy} }}
  services:
    - name: dns
      prefixes: ["{prefix_v4}", "{prefix_v6}"]
      probe: {{ name: example.org, type: SOA }}
      soft: {{ med: 100, prepend: {soft_prepend} }}
  bgp:
    local_as: {number}
    router_id: {address}
    neighbors:
      - address: {router}
        as: {router_as}
        password: {password}
        ttl_security: true
        hold_time: 3s
"""
_PEER = """\
      - {{ name: {name}, address: "{management}:8055", dns: "{management}:53" }}
"""


def config(topo, box):
    link, router = topo.links_of(box.name)[0]
    text = _CONFIG.format(
        name=box.name, site=box.site, node=box.node, management=box.management, number=box.number,
        service_v4=topology.SERVICE_V4, service_v6=topology.SERVICE_V6,
        prefix_v4=topology.PREFIX_V4, prefix_v6=topology.PREFIX_V6,
        policy=", ".join(f"{key}: {value}" for key, value in _POLICY.items()),
        soft_prepend=_SOFT_PREPEND, address=link.v4(box.name), router=link.v4(router.name),
        router_as=router.number, password=topology.BGP_PASSWORD)
    others = [other for other in topo.nodes() if other is not box]
    text += f'  peers:\n    listen: "{box.management}:8055"\n'
    if others:
        text += "    nodes:\n" + "".join(
            _PEER.format(name=other.name, management=other.management) for other in others)
    return text
