"""The lab's zones: what the primary and each node have, and what clients see of them."""

import time

from generate import topology
from generate.fleet import LabError

_TAKEN_SECONDS = 20
_POLL_SECONDS = 0.2


def zone_of(name):
    """The lab's zone that has this name."""
    for zone in topology.ZONES:
        if name == zone or name.endswith(f".{zone}"):
            return zone
    raise LabError(f"{name} is in none of the primary's zones: {', '.join(topology.ZONES)}")


def _nodes(fleet, zone):
    """{node: what it says of the zone}; {} if it does not answer."""
    answers = fleet.call(fleet.topo.nodes(), "/zones")
    return {name: answer.get(zone, {}) for name, answer in answers.items()}


def _state(node):
    if not node:
        return "no answer"
    return "rolled back" if node["rolled_back"] else node["state"]


def _refused(node):
    refused = node.get("refused")
    return f"{refused['serial']} ({refused['gate']})" if refused else "-"


def rows(fleet, zone):
    """A table: the primary, the nodes, and the clients that see the first zone's serial."""
    at_primary = fleet.demand([fleet.topo.primary], "/zones", "GET")["primary"][zone]["serial"]
    table = [("NAME", "SERIAL", "STATE", "REFUSED", "CLIENTS")]
    seen = {}
    if zone == topology.ZONES[0]:  # Clients ask for no other.
        for client, answers in fleet.asked().items():
            one = answers.get(topology.SERVICE_V4) or {}
            seen.setdefault(one.get("nsid"), []).append(f"{client} {one.get('serial')}")
    table.append(("primary", at_primary, "-", "-", "-"))
    for name, node in _nodes(fleet, zone).items():
        table.append((name, node.get("serial") or "-", _state(node), _refused(node),
                      ", ".join(seen.get(name, [])) or "-"))
    return table


def change(fleet, zone, query):
    """Has the primary change the zone, waits until each node has taken or refused the version, and
    returns what to print."""
    done = fleet.demand([fleet.topo.primary], f"/zone?zone={zone}&{query}")["primary"]
    serial = done["serial"]
    if serial == done["before"]:
        return done, f"{zone}: nothing changed; the primary still has serial {serial}."
    give_up_at = time.monotonic() + _TAKEN_SECONDS
    while True:
        nodes = _nodes(fleet, zone)
        taken = [name for name, node in nodes.items() if node.get("serial") == serial]
        refused = {name: node["refused"]["gate"] for name, node in nodes.items()
                   if node.get("refused") and node["refused"]["serial"] == serial}
        if len(taken) + len(refused) == len(nodes) or time.monotonic() > give_up_at:
            break
        time.sleep(_POLL_SECONDS)
    said = [f"{zone}: the primary has serial {serial}."]
    if taken:
        said.append(f"Serve it: {', '.join(taken)}.")
    if refused:
        said.append("Refused it: " + ", ".join(f"{name} ({gate})" for name, gate in
                                               refused.items()) + ".")
    rest = [name for name in nodes if name not in taken and name not in refused]
    if rest:
        said.append(f"Not after {_TAKEN_SECONDS} s: {', '.join(rest)}.")
    return done, "\n".join(said)
