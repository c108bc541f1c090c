"""hitherd and hither-anycast as README.md configures them, a router that has a template of
examples/routing, and an upstream that sees what comes of it."""

import json
import os
import re
import subprocess
import time

from routing_lab import EXAMPLES, SOURCE, V4, V6, Frr, Lab, run, wait_until

PROGRAMS = SOURCE / "build/release"
HITHERD = os.environ.get("HITHERD", str(PROGRAMS / "hitherd"))
ANYCAST = os.environ.get("HITHER_ANYCAST", str(PROGRAMS / "hither-anycast"))
HITHER = os.environ.get("HITHER", str(PROGRAMS / "hither"))
COVERING = ("192.0.2.0/23", "2001:db8::/47")


def block_after(path, first_line):
    """The indented block of a document that has this line."""
    lines = (SOURCE / path).read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("    " + first_line))
    while lines[at - 1].startswith("    "):
        at -= 1
    block = []
    while lines[at].startswith("    "):
        block.append(lines[at][4:])
        at += 1
    return "\n".join(block) + "\n"


def head_of(name):
    """What the head of a template says of hither.yaml."""
    text = (EXAMPLES / name).read_text().replace("\n! ", "\n# ").replace("\n!\n", "\n#\n")
    found = re.search(r"^# In hither\.yaml.*:\n((?:#   .*\n)+)", text, re.M)
    return re.sub(r"^#   ", "", found.group(1), flags=re.M)


def readme(backend=None):
    """README's configuration; `backend` replaces its `bgp:` line."""
    text = block_after("README.md", "# hither.yaml") + block_after("README.md", "# in addition to")
    assert text.count("  bgp: {") == 1
    return text if backend is None else re.sub(r"  bgp: \{.*\n", backend, text)


def production():
    """The same with the services and peers of PRODUCTION.md."""
    health = block_after("packaging/PRODUCTION.md", "anycast:")
    bgp = re.search(r"  bgp: \{.*\n", readme()).group(0)
    hitherd = re.sub(r"^listen: .*\n", "", block_after("README.md", "# hither.yaml"), flags=re.M)
    return (hitherd + "heartbeat: /run/hither/heartbeat\n" + health + bgp).replace(
        "10.0.1.2", "10.0.0.2")


class TemplateLab(Lab):
    """node - (router) - transit. Without a router of its own, `site` is the node, too."""

    def __init__(self, has_router):
        super().__init__()
        self.node = self.site
        if has_router:
            self.node = self.site[:-1] + "n"
            run("ip", "netns", "add", self.node)
            run("ip", "-n", self.node, "link", "set", "lo", "up")
            run("ip", "-n", self.node, "link", "add", "eth0", "type", "veth", "peer", "name",
                "eth0", "netns", self.site)
            for name, last in ((self.site, 1), (self.node, 2)):
                self._add(name, f"10.0.0.{last}/24", "eth0")
                self._add(name, f"fd00:1::{last}/64", "eth0")
                run("ip", "-n", name, "link", "set", "eth0", "up")
            for family, via in (("-4", "10.0.0.1"), ("-6", "fd00:1::1")):
                run("ip", "-n", self.node, family, "route", "add", "default", "via", via)
            for key in ("ipv4.ip_forward", "ipv6.conf.all.forwarding"):
                run("ip", "netns", "exec", self.site, "sysctl", "-qw", f"net.{key}=1")
        else:
            for address in ("10.0.0.1/32", "10.0.0.2/32"):
                self._add(self.node, address, "lo")
        for address in ("192.0.2.53/32", "2001:db8::53/128"):
            self._add(self.node, address, "lo")
        for prefix, via in ((V4, "198.51.100.2"), (V6, "fd00:100::2")):
            run("ip", "-n", self.transit, "route", "add", prefix, "via", via)
        self.upstream = self.transit_bird()

    @staticmethod
    def _add(name, address, interface):
        nodad = ["nodad"] if ":" in address else []
        run("ip", "-n", name, "address", "add", address, "dev", interface, *nodad)

    def close(self):
        super().close()
        if self.node != self.site:
            run("ip", "netns", "delete", self.node, check=False)

    def bird_router(self, template, included=()):
        text = (EXAMPLES / template).read_text()
        for name in included:
            assert f'# include "{name}"' in text
            text = text.replace(f'# include "{name}"', f'include "{name}"')
            (self.folder / name).write_text((EXAMPLES / name).read_text())
        # Only how long it waits before it connects: the test would take half a minute.
        return self.bird("router", self.site, text.replace(
            "  graceful restart off;\n  ipv4 { import none;",
            "  graceful restart off; connect delay time 1; connect retry time 1;\n"
            "  ipv4 { import none;"))

    def frr_router(self, *templates):
        text = "".join((EXAMPLES / name).read_text() for name in templates)
        return Frr(self, self.site, text.replace(
            " neighbor 198.51.100.1 remote-as 64511\n",
            " neighbor 198.51.100.1 remote-as 64511\n neighbor 198.51.100.1 timers connect 1\n"
            " neighbor 198.51.100.1 advertisement-interval 0\n"))

    def start_node(self, config, readback):
        text = config.replace("/run/hither/", f"{self.folder}/")
        text = "user: root\n" + text.replace(
            "anycast:\n", f"anycast:\n  readback: {readback}\n  state_file: {self.folder}/state\n"
            "  policy: { warm_up: 15s }\n")  # Longer than a session may take to come up.
        self.config = self.folder / "hither.yaml"
        self.config.write_text(text)
        (self.folder / "zones").mkdir()
        for name in ("example.org", "example.net"):
            (self.folder / "zones" / f"{name}.zone").write_text(
                (SOURCE / "examples" / f"{name}.zone").read_text())
        for program in (HITHERD, ANYCAST):
            self.daemons.append(Program(self, program))

    def hither(self, *words):
        return run("ip", "netns", "exec", self.node, HITHER, *words, check=False)

    def tell_states(self):
        """Announces, drains and withdraws. What the upstream saw of each prefix meanwhile, what
        was read back when all was well, and whether a query came through."""
        seen = {prefix: [] for prefix in (V4, V6)}

        def look():
            for prefix, history in seen.items():
                route = self.upstream.route(prefix)
                if not history or history[-1] != route:
                    history.append(route)
            return [history[-1] for history in seen.values()]

        def has_come_back():
            look()
            return all(len(h) >= 3 and h[-1] is not None for h in seen.values())

        wait_until(has_come_back, 40, f"a state after the first: {seen}")
        told = self.read_back()
        answer = run("ip", "netns", "exec", self.transit, "dig", "+time=2", "+short",
                     "@192.0.2.53", "id.server", "CH", "TXT", check=False)
        self.hither("drain", "--anycast", "127.0.0.1:8054", "--confirm")
        wait_until(lambda: look() == [None, None], 30, f"withdrawn: {seen}")
        return seen, told, answer

    def read_back(self):
        """Where the router's announcements were seen and as what, once both are as wanted; else
        what stands there after 6 s."""
        end = time.monotonic() + 6
        while True:
            text = self.hither("status", "--json", "--anycast", "127.0.0.1:8054")
            seen = [(one["prefix"], one["state"]) for one in _all_seen(json.loads(text))
                    if one["where"].split()[0] in ("bird", "frr")]
            if set(seen) == {(V4, "UP"), (V6, "UP")} or time.monotonic() > end:
                return seen
            time.sleep(0.3)


def _all_seen(status):
    """`seen` lists wherever they stand in what hither status prints."""
    if isinstance(status, list):
        return [one for item in status for one in _all_seen(item)]
    if not isinstance(status, dict):
        return []
    return status.get("seen", []) + _all_seen([v for k, v in status.items() if k != "seen"])


class Program:
    def __init__(self, lab, path):
        self.log = lab.folder / (os.path.basename(path) + ".log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", lab.node, path, "--config", str(lab.config)],
                stdout=log, stderr=log)

    def stop(self):
        self.process.kill()
        self.process.wait(10)
