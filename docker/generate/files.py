"""All files of a lab, text by path: compose.yaml, fleet/fleet.yaml, fleet/SERVICE/*."""

import json

from generate import nodes, routers, topology

_VARIABLE = "${LAB_PREFIX:-10.213}"

_COMPOSE_HEAD = """\
# A fleet of {sites} that announce one address: docker/README.md. Made by docker/gen.
#
# LAB_PREFIX: the first two parts of all IPv4 addresses of the lab's networks.
# LAB_CONSOLE_PORT: the console's port on this host's loopback; default: http://localhost:8080.
x-box: &box
  image: hither-lab
  # Built for the first service below; if each built it, all builds would run at the same time.
  pull_policy: never
  environment: {{ LAB_PREFIX: "{variable}" }}
  # Addresses and routes are set up inside the container only. The capabilities added here and below
  # are the minimum: without any one of them, a daemon does not start or a fault fails.
  cap_drop: [ALL]
  cap_add: [NET_ADMIN]
  security_opt: ["no-new-privileges:true"]
  sysctls: &host
    net.ipv4.ip_forward: "0"
    # Paths may be asymmetric.
    net.ipv4.conf.all.rp_filter: "0"
    net.ipv4.conf.default.rp_filter: "0"
    # The agent adds IPv6 addresses: the engine need not support IPv6.
    net.ipv6.conf.all.disable_ipv6: "0"
    net.ipv6.conf.default.disable_ipv6: "0"
    net.ipv6.conf.default.accept_dad: "0"
    # A cut link keeps its addresses: FRR needs its own next hop as soon as a session returns.
    net.ipv6.conf.all.keep_addr_on_down: "1"
    net.ipv6.conf.default.keep_addr_on_down: "1"
  stop_grace_period: 3s
# The daemons become `hither`, own their sockets, and are killed for a fault; root queries them over
# these sockets. hitherd's heartbeat is a file in memory.
x-node: &node
  <<: *box
  cap_add: [NET_ADMIN, CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID]
  tmpfs: ["/run/hither:uid=953,gid=953,mode=755"]
x-router: &router
  <<: *box
  sysctls:
    <<: *host
    net.ipv4.ip_forward: "1"
    net.ipv6.conf.all.forwarding: "1"
    # Two nodes share the load by port as well as by address.
    net.ipv4.fib_multipath_hash_policy: "1"
    net.ipv6.fib_multipath_hash_policy: "1"
# FRR's daemons become `frr`. They exit at startup without the capabilities in the second line;
# SYS_ADMIN is not used here.
x-frr: &frr
  <<: *router
  cap_add: [NET_ADMIN, CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID,
            NET_BIND_SERVICE, NET_RAW, SYS_ADMIN]
x-network: &network
  driver: bridge
  driver_opts: &plain {{ com.docker.network.bridge.enable_ip_masquerade: "false" }}
# Routers forward packets with addresses of other networks. If netfilter sees bridged packets,
# Docker Engine 28 and later drops packets that reach a container's address over another network's
# bridge, unless the network is `routed`. Engines before 27 ignore the option and do not need it.
x-link: &link
  <<: *network
  driver_opts: {{ <<: *plain, com.docker.network.bridge.gateway_mode_ipv4: routed }}

services:
"""
# Inside the container and its network only; the published port is on this host's loopback.
_CONSOLE = """\
  console:
    <<: *box
    hostname: console
    cap_add: []
    user: "953:953"
    read_only: true
    tmpfs: ["/run/lab:uid=953,gid=953,mode=755"]
    command: ["console"]
    healthcheck: {{ test: ["CMD", "/opt/lab/agent/agent", "look"] }}
    ports: ["127.0.0.1:${{LAB_CONSOLE_PORT:-8080}}:8080"]
    networks: {{ management: {{ ipv4_address: "{address}" }} }}
    volumes: ["./fleet:/etc/lab:ro"]
"""

# In the first service: docker-compose 1.29 looks for images in the order of the file.
_BUILD = ["    build: { context: .., dockerfile: docker/Dockerfile, target: lab }",
          "    pull_policy: if_not_present"]
# Compose reads this besides compose.yaml.
_ENVIRONMENT = """\
# Made by docker/gen. All names that compose creates begin with it.
COMPOSE_PROJECT_NAME=hither-lab
"""


def _number(text):
    return text.replace(topology.PREFIX_MARK, _VARIABLE)


def _anchor(box):
    if box.kind == "router":
        return "frr" if box.program == "frr" else "router"
    return {"node": "node", "client": "box"}[box.kind]


def _service(topo, box, more=()):
    lines = [f"  {box.service}:", f"    <<: *{_anchor(box)}", *more, f"    hostname: {box.name}",
             f'    volumes: ["./fleet/{box.service}:/etc/lab:ro"]', "    networks:",
             f'      management: {{ ipv4_address: "{_number(box.management)}" }}']
    for link, other in topo.links_of(box.name):
        lines.append(f'      {link.network}: {{ ipv4_address: "{_number(link.v4(box.name))}" }}'
                     f"  # {other.name}")
    return "\n".join(lines) + "\n"


def _network(name, index, note, anchor="link"):
    return (f"  {name}:  # {note}\n    <<: *{anchor}\n"
            f'    ipam: {{ config: [{{ subnet: "{_VARIABLE}.{index}.0/24" }}] }}\n')


def compose(topo, with_console):
    sites = topo.sites()
    text = _COMPOSE_HEAD.format(
        sites=f"{len(sites)} site{'s' if len(sites) > 1 else ''}", variable=_VARIABLE)
    first, *others = topo.boxes.values()
    text += _service(topo, first, _BUILD) + "".join(_service(topo, box) for box in others)
    if with_console:
        text += _CONSOLE.format(address=f"{_VARIABLE}.0.250")
    text += "\nnetworks:\n" + _network("management", 0, "apart from all traffic", "network")
    text += "".join(_network(link.network, link.index, f"{link.a} - {link.b}")
                    for link in topo.links)
    return text


_FLEET_HEAD = """\
# For `hither console --fleet`. Made by docker/gen.
title: Hither lab
addresses: ["{v4}", "{v6}"]
question: {{ name: example.org, type: SOA }}
"""


def fleet(topo):
    text = _FLEET_HEAD.format(v4=topology.SERVICE_V4, v6=topology.SERVICE_V6) + "sites:\n"
    for site in topo.sites():
        router = topo.router(site)
        city, latitude, longitude = router.place
        text += (f"  - name: {site}\n    place: {city}\n    latitude: {latitude}\n"
                 f"    longitude: {longitude}\n    as: {router.number}\n    nodes:\n")
        for node in topo.nodes(site):
            text += (f"      - name: {node.node}\n"
                     f'        hitherd: "{node.management}:8053"\n'
                     f'        anycast: "{node.management}:8055"\n'
                     f'        agent: "{node.management}:8060"\n')
    text += "routers:\n"
    for box in topo.of_kind("router"):
        site = f", site: {box.site}" if box.site else ""
        text += (f"  - {{ name: {box.name}{site}, as: {box.number}, kind: {box.program}, "
                 f'agent: "{box.management}:8060" }}\n')
    text += "links:\n" + "".join(
        f"  - [{link.a}, {link.b}]\n" for link in topo.links
        if {topo.boxes[link.a].kind, topo.boxes[link.b].kind} == {"router"})
    text += "clients:\n" + "".join(
        f"  - {{ name: {box.name}, as: {box.number}, router: {topo.uplink(box.name).name}, "
        f'agent: "{box.management}:8060" }}\n' for box in topo.of_kind("client"))
    return text


def _agent(topo, box):
    """The configuration of a container's agent."""
    told = {"name": box.name, "kind": box.kind, "as": box.number,
            "management": box.management, "program": box.program if box.kind != "node" else None,
            "links": [{"to": other.name, "as": other.number, "kind": other.kind,
                       "v4": link.v4(box.name), "v6": link.v6(box.name),
                       "peer_v4": link.v4(other.name), "peer_v6": link.v6(other.name)}
                      for link, other in topo.links_of(box.name)]}
    if box.kind == "node":
        told["addresses"] = [topology.SERVICE_V4, topology.SERVICE_V6]
    if box.kind == "client":
        told["addresses"] = box.own_addresses()
        told["ask"] = [topology.SERVICE_V4, topology.SERVICE_V6]
        told["question"] = "example.org"
    return json.dumps(told, indent=1) + "\n"


def make(topo, with_console=True):
    files = {"compose.yaml": compose(topo, with_console), "fleet/fleet.yaml": fleet(topo)}
    for box in topo.boxes.values():
        folder = f"fleet/{box.service}"
        files[f"{folder}/agent.json"] = _agent(topo, box)
        if box.kind == "node":
            files[f"{folder}/hither.yaml"] = nodes.config(topo, box)
            files[f"{folder}/example.org.zone"] = nodes.ZONE
            files[f"{folder}/example.net.zone"] = nodes.ZONE
        elif box.program == "frr":
            files[f"{folder}/bgpd.conf"] = routers.frr(topo, box)
        else:
            files[f"{folder}/bird.conf"] = routers.bird(topo, box)
    topo_told = {"sites": len(topo.sites()),
                 "two_nodes": [site for site in topo.sites() if len(topo.nodes(site)) == 2]}
    files[".env"] = _ENVIRONMENT
    files["fleet/lab.json"] = json.dumps(topo_told) + "\n"
    return files
