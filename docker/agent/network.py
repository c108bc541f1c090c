"""The container's interfaces, addresses and routes, by ip(8).

Docker gives each interface an IPv4 address and an arbitrary name, so interfaces are identified by
address. IPv6 addresses are added here, so that the engine need not support IPv6.
"""

import json
import subprocess
import time

_WAIT_SECONDS = 20  # For an interface that Docker has yet to add.


def _ip(*arguments):
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=10,
                          check=False)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _device_of(address):
    give_up_at = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < give_up_at:
        for one in json.loads(_ip("-j", "-4", "addr", "show") or "[]"):
            if any(info.get("local") == address for info in one.get("addr_info", [])):
                return one["ifname"]
        time.sleep(0.1)
    raise OSError(f"no interface has the address {address}; "
                  "was compose.yaml made by the same docker/gen as fleet/?")


class Network:
    """`told`: agent.json."""

    def __init__(self, told):
        self._told = told
        self._devices = {link["to"]: _device_of(link["v4"]) for link in told["links"]}

    def set_up(self):
        """May be repeated: existing entries stay."""
        # Docker's default route leads to the host's bridge; the lab's traffic does not.
        while _ip("-4", "route", "show", "default"):
            _ip("-4", "route", "del", "default")
        for link in self._told["links"]:
            device = self._devices[link["to"]]
            _ip("link", "set", device, "alias", f"to {link['to']}")
            self._give_v6(link)
        for address in self._told.get("addresses", []):
            _ip("addr", "replace", f"{address}/{128 if ':' in address else 32}", "dev", "lo")
        if self._told["kind"] == "node":  # All its answers go to its router.
            link = self._told["links"][0]
            device = self._devices[link["to"]]
            _ip("-4", "route", "replace", "default", "via", link["peer_v4"], "dev", device)
            _ip("-6", "route", "replace", "default", "via", link["peer_v6"], "dev", device)

    def _give_v6(self, link):
        _ip("-6", "addr", "replace", f"{link['v6']}/64", "dev", self._devices[link["to"]],
            "nodad")

    def cut(self):
        """Takes a router's links to other networks down; those to its nodes stay up."""
        for link in self._outward():
            _ip("link", "set", self._devices[link["to"]], "down")

    def join(self):
        for link in self._outward():
            _ip("link", "set", self._devices[link["to"]], "up")

    def _outward(self):
        return [link for link in self._told["links"] if link["kind"] != "node"]
