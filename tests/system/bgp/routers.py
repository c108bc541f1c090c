"""Real routers as the speaker's neighbor. Each tells what it has heard in the same words:

    routes()  {"192.0.2.0/24": {"path": [65001], "med": 100, "communities": {"65535:0"},
                                "large": {"65001:1:2"}, "next_hop": "10.9.0.2"}}
    log()     what it has written
"""

import json
import pathlib
import re
import shutil
import socket

import lab


class Router:
    def __init__(self, net, folder, transport=4, password="", gtsm=False, internal=False):
        self.net, self.folder = net, pathlib.Path(folder) / type(self).__name__.lower()
        self.folder.mkdir(parents=True, exist_ok=True)
        # Some change to a user of their own.
        self.folder.chmod(0o777)
        for folder in self.folder.parents:
            if folder.stat().st_mode & 0o5 != 0o5:
                folder.chmod(folder.stat().st_mode | 0o5)
        self.transport, self.password, self.gtsm = transport, password, gtsm
        self.local, self.remote = lab.ROUTER[transport], lab.SPEAKER[transport]
        self.asn = lab.SPEAKER_AS if internal else lab.ROUTER_AS
        self.namespace, self.log_path = net.router, self.folder / "log"
        self.process = None
        self.start()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self):
        self.process.kill()
        self.process.wait()


class Bird(Router):
    programs = ("bird", "birdc")
    more = ""  # Of `protocol bgp`.

    def start(self):
        config = self.folder / "bird.conf"
        # After an error BIRD would not let us back for `error wait time` 60, 300.
        config.write_text(f"""
log "{self.log_path}" all;
router id 10.9.0.1;
debug protocols all;
protocol device {{ }}
protocol bgp hither {{
  local {self.local} as {self.asn}; neighbor {self.remote} as {lab.SPEAKER_AS};
  passive; {self.more} hold time 3; error wait time 1, 2; error forget time 5;
  {f'password "{self.password}";' if self.password else ''}
  {'ttl security on;' if self.gtsm else ''}
  ipv4 {{ import all; export none; }};
  ipv6 {{ import all; export none; }};
}}
""")
        self.process = self.net.start(self.namespace, [
            "bird", "-f", "-c", config, "-s", self.folder / "ctl", "-P", self.folder / "pid"],
            self.folder / "out")
        lab.until(lambda: (self.folder / "ctl").exists())

    def ask(self, *words):
        return lab.run("birdc", "-s", str(self.folder / "ctl"), *words, check=False)

    def routes(self):
        found = {}
        # "192.0.2.0/24   unicast [hither ...", then lines with "BGP.name: value".
        for part in re.split(r"\n(?=[0-9a-f:.]+/\d+\s)", self.ask("show", "route", "all")):
            facts = dict(re.findall(r"BGP\.(\w+): (.*)", part))
            if "as_path" not in facts:
                continue
            found[part.split()[0]] = {
                "path": [int(each) for each in facts["as_path"].split()],
                "med": int(facts["med"]) if "med" in facts else None,
                "communities": set(re.sub(r"\((\d+),(\d+)\)", r"\1:\2",
                                          facts.get("community", "")).split()),
                "large": {":".join(each) for each in re.findall(
                    r"\((\d+), (\d+), (\d+)\)", facts.get("large_community", ""))},
                "local_pref": int(facts["local_pref"]),
                "next_hop": facts["next_hop"].split()[0]}
        return found


class Frr(Router):
    programs = ("/usr/lib/frr/bgpd",)
    more = ""  # Of `router bgp`.

    def start(self):
        config, address = self.folder / "bgpd.conf", self.remote
        config.write_text(f"""
log file {self.log_path} debugging
debug bgp neighbor-events
router bgp {self.asn}
 bgp router-id 10.9.0.1
 bgp log-neighbor-changes
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 neighbor {address} remote-as {lab.SPEAKER_AS}
 neighbor {address} passive
 neighbor {address} timers 1 3
 {f'neighbor {address} password {self.password}' if self.password else ''}
 {f'neighbor {address} ttl-security hops 1' if self.gtsm else ''}
{self.more}
 address-family ipv4 unicast
  neighbor {address} activate
 address-family ipv6 unicast
  neighbor {address} activate
""")
        self.process = self.net.start(self.net.router, [
            "/usr/lib/frr/bgpd", "-f", config, "--vty_socket", self.folder, "-P", 0, "-Z",
            "-i", self.folder / "pid"], self.folder / "out")
        lab.until(lambda: (self.folder / "bgpd.vty").exists())

    def ask(self, command):
        """As vtysh asks, but without starting it, which takes longer than what is measured here:
        commands end with a NUL, answers with three of them and a status."""
        with socket.socket(socket.AF_UNIX) as vty:
            vty.settimeout(10)
            vty.connect(str(self.folder / "bgpd.vty"))
            answers = []
            for line in ("enable", command):
                vty.sendall(line.encode() + b"\0")
                answer = b""
                while answer[-4:-1] != b"\0\0\0":
                    answer += vty.recv(65536)
                answers.append(answer[:-4].decode())
            return answers[1]

    def routes(self):
        found = {}
        for family in ("ipv4", "ipv6"):
            table = json.loads(self.ask(f"show bgp {family} unicast json") or "{}")
            for prefix in table.get("routes", {}):
                shown = json.loads(self.ask(f"show bgp {family} unicast {prefix} json"))
                for path in shown.get("paths", []):
                    found[prefix] = {
                        "path": [int(each) for each in path["aspath"]["string"].split()
                                 if each != "Local"],
                        "med": path.get("metric"),
                        "communities": {
                            each.replace("gracefulShutdown", "65535:0")
                            for each in path.get("community", {}).get("list", [])},
                        "large": set(path.get("largeCommunity", {}).get("list", [])),
                        "local_pref": path.get("locPrf"),
                        "next_hop": path["nexthops"][0]["ip"]}
        return found


class GoBgp(Router):
    programs = ("gobgpd", "gobgp")

    def start(self):
        config = self.folder / "gobgpd.toml"
        config.write_text(f"""
[global.config]
  as = {self.asn}
  router-id = "10.9.0.1"
  port = 179
  local-address-list = ["{self.local}"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{self.remote}"
    peer-as = {lab.SPEAKER_AS}
    {f'auth-password = "{self.password}"' if self.password else ''}
  [neighbors.timers.config]
    hold-time = 3
    keepalive-interval = 1
    idle-hold-time-after-reset = 1
  [neighbors.transport.config]
    passive-mode = true
  {'[neighbors.ttl-security.config]' if self.gtsm else ''}
  {'  enabled = true' if self.gtsm else ''}
  {'  ttl-min = 255' if self.gtsm else ''}
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
    afi-safi-name = "ipv4-unicast"
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
    afi-safi-name = "ipv6-unicast"
""")
        self.process = self.net.start(self.net.router, [
            "gobgpd", "-f", config, "-l", "debug", "--pprof-disable"], self.log_path)
        lab.until(lambda: self.ask("neighbor"))

    def ask(self, *words):
        return lab.run("ip", "netns", "exec", self.net.router, "gobgp", *words, check=False)

    def routes(self):
        found = {}
        for family in ("ipv4", "ipv6"):
            for prefix, paths in json.loads(
                    self.ask("global", "rib", "-a", family, "-j") or "{}").items():
                facts = {each["type"]: each for each in paths[0]["attrs"]}
                found[prefix] = {
                    "path": [asn for part in facts[2]["as_paths"] for asn in part["asns"]],
                    "med": facts.get(4, {}).get("metric"),
                    "communities": {f"{each >> 16}:{each & 0xffff}"
                                    for each in facts.get(8, {}).get("communities", [])},
                    "large": {f"{each['ASN']}:{each['LocalData1']}:{each['LocalData2']}"
                              for each in facts.get(32, {}).get("value", [])},
                    "next_hop": (facts.get(3) or facts[14])["nexthop"]}
        return found


class ExaBgp(Router):
    programs = ("exabgp",)

    def start(self):
        config, self.heard = self.folder / "exabgp.conf", self.folder / "heard"
        self.heard.touch()
        self.heard.chmod(0o666)
        # A copy: the user exabgp may not be able to look into this folder.
        shutil.copy(pathlib.Path(__file__).parent / "hear.py", self.folder)
        config.write_text(f"""
process heard {{
  run /usr/bin/python3 {self.folder}/hear.py {self.heard};
  encoder json;
}}
neighbor {self.remote} {{
  router-id 10.9.0.1;
  local-address {self.local};
  local-as {self.asn};
  peer-as {lab.SPEAKER_AS};
  hold-time 3;
  passive true;
  listen 179;
  {f'md5-password "{self.password}";' if self.password else ''}
  {'incoming-ttl 255; outgoing-ttl 255;' if self.gtsm else ''}
  family {{ ipv4 unicast; ipv6 unicast; }}
  api {{ processes [ heard ]; neighbor-changes; receive {{ parsed; update; }} }}
}}
""")
        environment = {"exabgp.daemon.drop": "false", "exabgp.log.destination": "stdout",
                       "exabgp.api.cli": "false", "exabgp.cache.attributes": "false"}
        self.process = self.net.start(self.net.router, [shutil.which("exabgp"), config],
                                      self.log_path, env=environment)
        lab.until(lambda: ":00B3 " in lab.run(
            "ip", "netns", "exec", self.net.router, "cat", "/proc/net/tcp", "/proc/net/tcp6"))

    def routes(self):
        found = {}
        for line in self.heard.read_text().splitlines(keepends=True):
            if not line.endswith("\n"):
                break  # Not whole yet.
            said = json.loads(line)
            if "neighbor" not in said:
                continue
            if said["type"] == "state" and said["neighbor"]["state"] != "up":
                found.clear()
            update = said["neighbor"].get("message", {}).get("update", {})
            for prefixes in update.get("withdraw", {}).values():
                for each in prefixes:
                    found.pop(each["nlri"], None)
            facts = update.get("attribute", {})
            for hops in update.get("announce", {}).values():
                for next_hop, prefixes in hops.items():
                    for each in prefixes if next_hop != "null" else ():
                        found[each["nlri"]] = self._facts(facts, next_hop)
        return found

    @staticmethod
    def _facts(facts, next_hop):
        path = facts.get("as-path", [])
        if isinstance(path, dict):
            path = [asn for part in path.values() for asn in part["value"]]
        return {"path": path, "med": facts.get("med"),
                "communities": {":".join(map(str, each)) for each in facts.get("community", [])},
                "large": {":".join(map(str, each)) for each in facts.get("large-community", [])},
                "next_hop": next_hop}


ALL = [Bird, Frr, GoBgp, ExaBgp]
