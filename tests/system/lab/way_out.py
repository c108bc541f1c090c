"""The way out of a node of the lab: what beacons say of it, and how it is cut."""

import contextlib

import daemon
import topology

DETECTED_SECONDS = 25  # Five seconds of silence, `fall`, the peers' consent; under load.
SERVICE = {"-4": topology.SERVICE_V4, "-6": topology.SERVICE_V6}


def levels(site):
    """Of the two signals: {"192.0.2.53": "ok", ...}."""
    status = site.sidecar_status()
    signals = status["services"][0]["signals"] if status else []
    return {signal["name"].removeprefix("outside "): signal["level"] for signal in signals
            if signal["name"].startswith("outside ")}


def wait_signal(site, v4, v6, seconds=DETECTED_SECONDS):
    """Until the two signals are so; as they are only after peers have heard the node once."""
    wanted = {topology.SERVICE_V4: v4, topology.SERVICE_V6: v6}
    daemon.wait_for(lambda: levels(site) == wanted, seconds,
                    lambda: f"{site.name} {wanted}:\n{site.explain()}")


@contextlib.contextmanager
def way_out_cut(lab, *sites, families=("-4", "-6")):
    """The site's router forwards nothing that its node sends from the service address, as a filter
    against spoofing does; all else passes, and so do queries."""
    for site in sites:  # Only who was heard before can be silent.
        wait_signal(lab.sites[site], "ok", "ok")

    def change(verb):
        for site in sites:
            for family in families:
                lab.namespaces.configure(site, [
                    f"rule {verb} pref 10 iif {topology.node_of(site)} from {SERVICE[family]} "
                    "blackhole"], family)
    change("add")
    try:
        yield
    finally:
        change("del")
