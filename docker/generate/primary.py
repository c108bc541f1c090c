"""What the hidden primary reads: knot.conf and its zones. No client ever sends it a query."""

from generate import topology

STATE_DIR = "/var/lib/lab"
_HOSTS = 20  # Enough that a third of the zone is gone only by more records than a gate overlooks.

ZONE = f"""\
$TTL 60
@      SOA  ns1 hostmaster 1 3600 600 604800 60
@      NS   ns1
ns1    A    {topology.SERVICE_V4}
ns1    AAAA {topology.SERVICE_V6}
www    A    192.0.2.80
www    AAAA 2001:db8::80
""" + "".join(f"host{number} A    192.0.2.{number}\nhost{number} AAAA 2001:db8::{number}\n"
              for number in range(100, 100 + _HOSTS))

_CONFIG = """\
# The hidden primary. Made by docker/gen.
server:
    listen: {management}@53
    rundir: /run/lab/knot
    udp-workers: 1
    tcp-workers: 2
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: {state_dir}
key:
  - id: {key}
    algorithm: hmac-sha256
    secret: {secret}
remote:
{remotes}\
acl:
  - id: nodes
    address: {addresses}
    key: {key}
    action: transfer
template:
  - id: default
    storage: {state_dir}/zones
    file: "%s.zone"
    notify: {names}
    acl: nodes
zone:
{zones}"""
_REMOTE = """\
  - id: {name}
    address: {address}
    key: {key}
"""


def _list(words):
    return f"[{', '.join(words)}]"


def config(topo):
    nodes = topo.nodes()
    return _CONFIG.format(
        management=topo.primary.management, state_dir=STATE_DIR, key=topology.TSIG_NAME,
        secret=topology.TSIG_SECRET, names=_list(node.name for node in nodes),
        addresses=_list(node.management for node in nodes),
        remotes="".join(_REMOTE.format(name=node.name, address=node.management,
                                       key=topology.TSIG_NAME) for node in nodes),
        zones="".join(f"  - domain: {zone}\n" for zone in topology.ZONES))
