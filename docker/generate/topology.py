r"""The lab's map for N sites: routers, nodes, clients and their links. Only data.

    berlin   reykjavik    boston                 europe1, america1, asia1: the first carrier of
       \     /      \     /                      each continent, linked with each other; more of
       europe1 ---- america1 -- nyc1             them hang on the first one. Each link between
      /   |    \    /                            continents is one AS longer, by prepending.
   fra1   |     asia1 -- jakarta                 A site: its router and its nodes, AS 65001.
          |       |                              A client: its own AS, a host that speaks BGP.
   paris--europe2 sin1
          |
          ams1

So a carrier's own site is the nearest for its clients; the next one is on the same continent.
The best route is the one with the shortest AS path, then the lowest router ID.
AS numbers are of RFC 5398 (documentation: carriers) and RFC 6996 (private use: the others).
"""

import dataclasses

from generate import places

SERVICE_V4, SERVICE_V6 = "192.0.2.53", "2001:db8::53"
PREFIX_V4, PREFIX_V6 = "192.0.2.0/24", "2001:db8::/48"
NODE_AS = 65001
BGP_PASSWORD = "lab-secret"
SITES_MAX = len(places.PLACES)
# Placeholder for the first two parts of all IPv4 addresses until a container starts.
PREFIX_MARK = "@LAB_PREFIX@"
_ULA = "fd6c:1d4a:53d"  # RFC 4193, chosen at random.


@dataclasses.dataclass
class Box:
    """A container. `kind`: node, router (a site's, or a carrier) or client."""
    name: str      # Its name for people and the console.
    service: str   # Its name for compose.
    kind: str
    number: int    # Its AS.
    index: int     # Of all boxes: its management address and its router id.
    site: str = ""
    node: str = ""
    program: str = "bird"  # or frr
    continent: str = ""
    place: tuple = ()      # Of a site's: city, latitude, longitude.

    @property
    def management(self):
        return f"{PREFIX_MARK}.0.{self.index}"

    @property
    def router_id(self):
        """Not in use as an address; a lower one wins ties between routes."""
        return f"{PREFIX_MARK}.255.{self.index}"

    @property
    def is_carrier(self):
        return self.kind == "router" and not self.site

    def own_addresses(self):
        """Of a client: the address that it announces and sends from."""
        return (f"{PREFIX_MARK}.254.{self.index}", f"{_ULA}:fffe::{self.index:x}")


@dataclasses.dataclass(frozen=True)
class Link:
    a: str  # Names of boxes.
    b: str
    index: int
    is_long: bool = False  # Between continents.

    @property
    def network(self):
        return f"link{self.index}"

    def other(self, name):
        return self.b if name == self.a else self.a

    def v4(self, name):
        """.1 is Docker's own."""
        return f"{PREFIX_MARK}.{self.index}.{2 if name == self.a else 3}"

    def v6(self, name):
        return f"{_ULA}:{self.index:x}::{2 if name == self.a else 3}"


class Topology:
    """boxes by name, in the order of their kinds; links."""

    def __init__(self, sites=4, two_nodes=("fra1",)):
        if not 1 <= sites <= SITES_MAX:
            raise ValueError(f"{sites} sites: the limit is 1 to {SITES_MAX}")
        self.places = places.PLACES[:sites]
        unknown = set(two_nodes) - {place.site for place in places.PLACES}
        if unknown:
            raise ValueError(f"no such site: {', '.join(sorted(unknown))}")
        self.boxes, self.links = {}, []
        self._carriers = {}  # By the client's place, since each carrier has its client.
        self._make_carriers()
        for count, place in enumerate(self.places):
            self._make_site(place, count, 2 if place.site in two_nodes else 1)
        self._make_clients()

    def _add(self, name, kind, number, **more):
        box = Box(name, more.pop("service", name), kind, number, len(self.boxes) + 2, **more)
        self.boxes[name] = box
        return box

    def _link(self, a, b, is_long=False):
        self.links.append(Link(a.name, b.name, len(self.links) + 1, is_long))

    def _make_carriers(self):
        hubs = {}
        for continent in places.CONTINENTS:
            # A continent without a site still has a carrier with clients.
            here = [place for place in self.places if place.continent == continent] or \
                [next(place for place in places.PLACES if place.continent == continent)]
            for count, place in enumerate(here, 1):
                carrier = self._add(f"{continent}{count}", "router", 64496 + len(self.boxes),
                                    continent=continent)
                self._carriers[place] = carrier
                if count > 1:
                    self._link(hubs[continent], carrier)
                else:
                    for other in hubs.values():
                        self._link(other, carrier, is_long=True)
                    hubs[continent] = carrier
        self._hubs = hubs

    def _make_site(self, place, count, nodes):
        where = (place.city, place.latitude, place.longitude)
        router = self._add(f"r.{place.site}", "router", 64601 + count, site=place.site,
                           service=f"{place.site}-router", place=where,
                           program="frr" if count % 2 else "bird")
        self._link(self._carriers[place], router)
        for number in range(1, nodes + 1):
            node = self._add(f"ns{number}.{place.site}", "node", NODE_AS, site=place.site,
                             node=f"ns{number}", service=f"{place.site}-ns{number}", place=where)
            self._link(router, node)

    def _make_clients(self):
        for count, (place, carrier) in enumerate(self._carriers.items()):
            client = self._add(place.client, "client", 64701 + count)
            self._link(carrier, client)
        island = self._add(places.ISLAND, "client", 64701 + len(self._carriers))
        for continent in ("europe", "america"):
            self._link(self._hubs[continent], island)

    # --- Questions ---

    def of_kind(self, kind):
        return [box for box in self.boxes.values() if box.kind == kind]

    def sites(self):
        return [place.site for place in self.places]

    def nodes(self, site=None):
        return [box for box in self.of_kind("node") if site in (None, box.site)]

    def router(self, site):
        return self.boxes[f"r.{site}"]

    def links_of(self, name):
        """(link, the box at its other end)"""
        return [(link, self.boxes[link.other(name)]) for link in self.links
                if name in (link.a, link.b)]

    def uplink(self, name):
        """The first carrier or router that a box is linked to."""
        return self.links_of(name)[0][1]

    def catchment(self, without=()):
        """The site that answers each client when these sites announce nothing, or None."""
        best = {self.router(site).name: [self.router(site).number, NODE_AS]
                for site in self.sites() if site not in without}
        sites = {self.router(site).number: site for site in self.sites()}
        for _ in self.boxes:  # A path is no longer than that.
            for box in self.boxes.values():
                if box.is_carrier or box.kind == "client":
                    best[box.name] = self._best_path(box, best)
        return {box.name: next((sites[number] for number in best[box.name] if number in sites),
                               None)
                for box in self.of_kind("client")}

    def _best_path(self, box, best):
        """Own AS first, as announced to neighbors; [] if there is no path."""
        heard = []
        for link, other in self.links_of(box.name):
            path = best.get(other.name, []) if other.kind == "router" else []
            if path and box.number not in path:
                prepended = [other.number] if link.is_long else []
                heard.append((len(prepended + path), other.index, prepended + path))
        return [box.number, *min(heard)[2]] if heard else []
