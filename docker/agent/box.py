"""The first process of a container: its network, its daemons, and the agent's pages."""

import json
import signal
import threading

import client
import network
import node
import pages
import router


def _make_role(folder, told, net):
    if told["kind"] == "node":
        return node.Node(folder)
    if told["kind"] == "router":
        return router.Router(folder, told, net)
    return client.Client(folder, told)


def _tell_health(shown, well):
    """Docker checks this file: a Python process for each check would be most of the lab's work."""
    if shown.is_well():
        well.touch()
    else:
        well.unlink(missing_ok=True)


def run(folder):
    """`folder`: with agent.json and what the daemons read; we may write there."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # PID 1 gets no default action for signals.
        signal.signal(number, lambda *_: ending.set())
    told = json.loads((folder / "agent.json").read_text())
    net = network.Network(told)
    net.set_up()
    role = _make_role(folder, told, net)
    role.start()
    shown = pages.Pages(told, role)
    pages.serve(told["management"], shown)
    while not ending.wait(1):
        _tell_health(shown, folder / "well")
    role.end()
