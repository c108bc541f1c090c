"""What the documents say that an operator writes, with the names and addresses of this fleet.

Every file comes from a block of a document or a file of examples/. Only what the documents ask a
reader to replace is replaced: names, addresses, and which lines of a choice are in use.
"""

import copy
import dataclasses
import pathlib
import re
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "routing"))

from routing_lab import EXAMPLES, SOURCE  # noqa: E402
from template_lab import block_after, head_of  # noqa: E402

README, CONFIGURATION = "README.md", "docs/configuration.md"
PACKAGING, PRODUCTION = "packaging/README.md", "packaging/PRODUCTION.md"


@dataclasses.dataclass(frozen=True)
class Site:
    """`number`: 10.0.NUMBER.2 is the node, 10.0.NUMBER.1 its router. `uplink`: the link to the
    carrier, as in the templates 198.51.100.2 is ours and 198.51.100.1 the carrier's."""
    name: str
    number: int
    uplink: str
    template: str
    is_anchor: bool

    @property
    def node(self):
        return f"10.0.{self.number}.2"

    @property
    def has_router(self):
        return self.template == "frr-neighbor.conf"

    @property
    def is_frr(self):
        return self.template.startswith("frr")

    @property
    def outside(self):
        """Unicast addresses on the path of answers."""
        if self.has_router:
            return [self.node, f"fd00:1{self.number}::2"]
        return [f"{self.uplink}2", f"fd00:{self.number}::2"]

    def renumber(self, text):
        return text.replace("10.0.0.", f"10.0.{self.number}.").replace("198.51.100.", self.uplink)


# The sites of PRODUCTION.md's example, whose addresses are there.
SITES = {site.name: site for site in (
    Site("fra2", 1, "198.51.100.", "bird-neighbor.conf", True),
    Site("ams1", 2, "203.0.113.", "frr-neighbor.conf", True),
    Site("nyc1", 3, "198.18.3.", "frr-kernel.conf", False))}


def shown(document, first_line):
    """A block of YAML."""
    return yaml.safe_load(block_after(document, first_line))


def quoted(document, pattern):
    """The group of the pattern in a document's running text, whose lines may break anywhere."""
    text = " ".join((SOURCE / document).read_text().split())
    found = re.search(pattern, text)
    assert found, f"{document} no longer says {pattern}"
    return found.group(1)


# --- The configuration of a node ---


def _backend(site):
    """The keys below anycast: that announce, and those that read back."""
    if site.template == "frr-neighbor.conf":  # On another host, where no vtysh reaches it.
        return {"bgp": shown(README, "# in addition to")["anycast"]["bgp"]}
    keys = yaml.safe_load(head_of(site.template))["anycast"]
    keys.pop("services", None)  # PRODUCTION.md's are in use.
    if "readback" not in keys:
        keys |= yaml.safe_load(quoted(CONFIGURATION, r"`(readback: \{ bird: [^`]*)`"))
    return keys


def _peers(site, shown_peers):
    """The same list for all nodes, with this fleet's nodes and their addresses for beacons."""
    outside = shown(CONFIGURATION, "  peers:")["peers"]
    assert len(outside["outside"]) == len(outside["nodes"][0]["outside"]) == 2
    own = {"name": "ns1.fra2", "address": SITES["fra2"].node, "dns": SITES["fra2"].node}
    nodes = [own, *copy.deepcopy(shown_peers["nodes"])]
    for node in nodes:
        node["outside"] = SITES[node["name"].partition(".")[2]].outside
    key_file = quoted(PRODUCTION, r"`key_file: ([^`,]*?)`")
    return {**shown_peers, "listen": site.node, "key_file": key_file, "outside": site.outside,
            "nodes": nodes}


def hither_yaml(site):
    """/etc/hither/hither.yaml: README's, with what PRODUCTION.md says otherwise or in addition."""
    health = shown(PRODUCTION, "listen: [")
    identity = shown(PRODUCTION, "identity:")["identity"]
    assert (identity["site"], health["listen"][-1]) == ("fra2", SITES["fra2"].node)
    config = shown(README, "# hither.yaml")
    more = shown(README, "# in addition to")
    config["identity"] = {**identity, "site": site.name}
    config["listen"] = [*health["listen"][:-1], site.node]
    config["metrics"]["listen"] = config["metrics"]["listen"].replace("10.0.0.2", site.node)
    config["heartbeat"] = more["heartbeat"]
    backend = yaml.safe_load(site.renumber(yaml.safe_dump(_backend(site))))
    config["anycast"] = {**health["anycast"], **backend,
                         "peers": _peers(site, health["anycast"]["peers"])}
    return yaml.safe_dump(config, sort_keys=False)


def drop_in(site):
    """`systemctl edit hither-anycast`, or None where the unit suits as it is."""
    if site.has_router:
        return None
    text = block_after(PACKAGING, "[Service]")
    if site.is_frr:
        text = text.replace("\nSupplementaryGroups=bird\n", "\n#SupplementaryGroups=bird\n")
        for key in ("SupplementaryGroups=frrvty", "AmbientCapabilities", "CapabilityBoundingSet"):
            assert f"\n#{key}" in text
            text = text.replace(f"\n#{key}", f"\n{key}")
    return text


# --- Beside it ---


def router_files(site):
    """The files of BIRD or FRR, by their path below /etc."""
    text = site.renumber((EXAMPLES / site.template).read_text())
    covering = f"{'frr' if site.is_frr else 'bird'}-covering.conf"
    if site.is_frr:
        return {"frr/frr.conf": text + (EXAMPLES / covering).read_text() * site.is_anchor}
    include = f'# include "{covering}"'
    assert site.is_anchor and include in text
    return {"bird/bird.conf": text.replace(include, include[2:]),
            f"bird/{covering}": (EXAMPLES / covering).read_text()}


def sysctls():
    """/etc/sysctl.d/60-hither.conf, with the line that `outside:` needs."""
    return (block_after(PRODUCTION, "# /etc/sysctl.d/60-hither.conf")
            + quoted(PRODUCTION, r"`(net\.ipv4\.conf\.all\.accept_local = 1)`") + "\n")


def service_address_commands():
    v4 = quoted(PRODUCTION, r"`(ip addr add 192\.0\.2\.53/32 dev lo)`")
    return [v4, v4.replace("192.0.2.53/32", "2001:db8::53/128")]


def router_address_commands(site):
    """What a template asks for if the router is on the node."""
    text = site.renumber((EXAMPLES / site.template).read_text())
    return [] if site.has_router else re.findall(r"^#   (ip addr .*)$", text, re.M)


def commands(document, first_line):
    """The lines of a block of commands."""
    return block_after(document, first_line).splitlines()


def fleet_yaml():
    fleet = shown(README, "# fleet.yaml")
    example = fleet["sites"][0]
    fleet["sites"] = [
        {**example, "name": one.name, "nodes": [{"name": "ns1", "hitherd": f"{one.node}:8053",
                                                 "anycast": f"{one.node}:8055"}]}
        for one in SITES.values()]
    return yaml.safe_dump(fleet, sort_keys=False)
