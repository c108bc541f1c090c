r"""The lab's map: links, addresses and AS numbers. Only data.

    client1  client4      client2           client3
          \  /               |                 |
           t1 ---- peer ---- t2 ------------- isp3     t1, t2: transit; isp3: an access network
          /  \              /  \               |       linked to t2 and to ams1
       fra1  ams1 +1  ams1 +1  nyc1          ams1      +1: ams1 prepends itself once there
         |    |                 |
       node  node              node                    each site: a router and a node, AS 65001

So fra1 is the nearest to client1 and client4, nyc1 to client2 and ams1 to client3.
AS numbers are of RFC 5398 (documentation) and RFC 6996 (private use).
"""

import dataclasses

SERVICE_V4, SERVICE_V6 = "192.0.2.53", "2001:db8::53"
PREFIX_V4, PREFIX_V6 = "192.0.2.0/24", "2001:db8::/48"
PREFIXES = (PREFIX_V4, PREFIX_V6)
NODE_AS = 65001
NODE = "ns1"
BGP_PASSWORD = "lab-secret"

SITES = {"fra1": 64501, "ams1": 64502, "nyc1": 64503}
CARRIERS = {"t1": 64496, "t2": 64497, "isp3": 64498}
AS_NUMBERS = {**CARRIERS, **SITES}
SITE_OF_AS = {number: site for site, number in SITES.items()}

# Client: its carrier, and the site that answers it when all is well.
CLIENTS = {"client1": ("t1", "fra1"), "client2": ("t2", "nyc1"),
           "client3": ("isp3", "ams1"), "client4": ("t1", "fra1")}
CATCHMENT = {client: site for client, (_, site) in CLIENTS.items()}

MANAGEMENT = "mgmt"  # The namespace with the bridge that connects all nodes.


@dataclasses.dataclass(frozen=True)
class Link:
    """A veth pair; each end's interface has the other end's name."""
    a: str
    b: str
    v4: str  # Without the last part.
    v6: str

    def other(self, name):
        return self.b if name == self.a else self.a

    def address_v4(self, name):
        return self.v4 + ("1" if name == self.a else "2")

    def address_v6(self, name):
        return self.v6 + ("1" if name == self.a else "2")

    @property
    def networks(self):
        return f"{self.v4}0/24", f"{self.v6}/64"


def node_of(site):
    return f"{site}-node"


_ROUTERS = (("t1", "fra1"), ("t1", "ams1"), ("t2", "ams1"), ("t2", "nyc1"), ("t1", "t2"),
            ("isp3", "ams1"), ("isp3", "t2"))
LINKS = tuple(Link(a, b, f"10.0.{n}.", f"2001:db8:ff:{n:x}::")
              for n, (a, b) in enumerate(_ROUTERS, 1)) + \
    tuple(Link(site, node_of(site), f"10.2.{n}.", f"2001:db8:2:{n}::")
          for n, site in enumerate(SITES, 1)) + \
    tuple(Link(carrier, client, f"10.1.{n}.", f"2001:db8:1:{n}::")
          for n, (client, (carrier, _)) in enumerate(CLIENTS.items(), 1))


# Each router's routes to the nodes' own addresses, which no session announces.
NODE_WAYS = {"t1": {"fra1": "fra1", "ams1": "ams1", "nyc1": "t2"},
             "t2": {"fra1": "t1", "ams1": "ams1", "nyc1": "nyc1"},
             "fra1": {"ams1": "t1", "nyc1": "t1"},
             "ams1": {"fra1": "t1", "nyc1": "t2"},
             "nyc1": {"fra1": "t2", "ams1": "t2"}}


def namespaces():
    return [MANAGEMENT, *AS_NUMBERS, *map(node_of, SITES), *CLIENTS]


def link(a, b):
    return next(one for one in LINKS if {one.a, one.b} == {a, b})


def node_link(site):
    return link(site, node_of(site))


def neighbors(router):
    """The routers linked to this one, without nodes and clients."""
    return [one.other(router) for one in LINKS
            if router in (one.a, one.b) and one.other(router) in AS_NUMBERS]


def management_v4(site):
    return f"10.9.0.{list(SITES).index(site) + 1}"


def router_id(name):
    """Not in use as an address; a lower one wins ties between routes."""
    return f"10.255.0.{list(AS_NUMBERS).index(name) + 1}"


def is_customer(of, router):
    """The transits' customers are the sites and isp3; t1 and t2 are peers."""
    return of in ("t1", "t2") and router not in ("t1", "t2")


def prepends(router, to):
    """How often a router prepends its own AS towards another: this makes ams1 the second choice."""
    return 1 if router == "ams1" and to in ("t1", "t2") else 0
