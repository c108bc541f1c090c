"""A router: BIRD or FRR, its sessions, and the fault that cuts its links."""

import datetime
import json
import os
import re
import shutil
import socket
import subprocess
import time

import processes

_FRR = "/usr/lib/frr"
_FRR_RUN = "/run/frr"
_BIRD_SOCKET = "/run/bird/bird.ctl"
_ASK_SECONDS = 5
_ANSWER_BYTES_MAX = 1 << 20


def _wait_for_file(path, seconds=10):
    give_up_at = time.monotonic() + seconds
    while not os.path.exists(path) and time.monotonic() < give_up_at:
        time.sleep(0.05)


def _ask_frr(program, command):
    """The text that vtysh would show. It needs 70 ms of CPU time to start, and the console asks
    every second. The command and the answer end with NUL; the answer also with two more NULs and
    the command's status."""
    told = b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        asked.settimeout(_ASK_SECONDS)
        asked.connect(f"{_FRR_RUN}/{program}.vty")
        asked.sendall(command.encode() + b"\0")
        while told[-4:-1] != b"\0\0\0":
            part = asked.recv(65536)
            if not part or len(told) > _ANSWER_BYTES_MAX:
                raise RuntimeError(f"{program} has ended in the middle of its answer")
            told += part
    return told[:-4].decode()


def _iso(seconds):
    """As BIRD reports it; containers use UTC."""
    if seconds is None:
        return ""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


class Bird:
    def __init__(self, folder, links):
        os.makedirs(os.path.dirname(_BIRD_SOCKET), exist_ok=True)
        # BIRD's names: docker/generate/routers.py.
        self._names = {"to_" + link["to"].replace(".", "_"): link for link in links}
        self._bird = processes.Process("bird", ["bird", "-f", "-c", str(folder / "bird.conf"),
                                                "-s", _BIRD_SOCKET])

    def start(self):
        self._bird.start()

    def end(self):
        self._bird.end()

    def is_well(self):
        return self._bird.is_running()

    def sessions(self):
        done = subprocess.run(["birdc", "-r", "-s", _BIRD_SOCKET, "show", "protocols"],
                              capture_output=True, text=True, timeout=5, check=False)
        found = []
        for line in done.stdout.splitlines():
            # name BGP table state "2026-11-26 10:00:00.123" info
            row = re.match(r"(\S+)\s+BGP\s+\S+\s+(\S+)\s+(\S+ [\d:.]+|\S+)\s*(.*)$", line)
            if row and row[1] in self._names:
                link = self._names[row[1]]
                state = row[4].split()[0] if row[4].strip() else "Down"
                found.append({"peer": link["to"], "peer_as": link["as"], "state": state,
                              "since": row[3].replace(" ", "T") + "Z"})
        return found


class Frr:
    def __init__(self, folder, links):
        self._links = {link["peer_v4"]: link for link in links}
        zebra_config = folder / "zebra.conf"
        zebra_config.write_text("log stdout\n")
        for path in (folder, folder / "bgpd.conf", zebra_config):
            shutil.chown(path, "frr", "frr")  # The user of its daemons.
        self._zebra = self._daemon("zebra", zebra_config)
        self._bgpd = self._daemon("bgpd", folder / "bgpd.conf")

    @staticmethod
    def _daemon(program, config):
        # Port 0: no telnet.
        return processes.Process(program, [f"{_FRR}/{program}", "-f", str(config), "-i",
                                           f"{_FRR_RUN}/{program}.pid", "-z",
                                           f"{_FRR_RUN}/zserv.api", "--vty_socket", _FRR_RUN,
                                           "-P", "0"])

    def start(self):
        self._zebra.start()
        _wait_for_file(f"{_FRR_RUN}/zserv.api")
        self._bgpd.start()

    def end(self):
        self._bgpd.end()
        self._zebra.end()

    def is_well(self):
        return self._zebra.is_running() and self._bgpd.is_running()

    def sessions(self):
        told = json.loads(_ask_frr("bgpd", "show bgp neighbors json") or "{}")
        return [{"peer": link["to"], "peer_as": link["as"],
                 "state": told[address].get("bgpState", "Down"),
                 "since": _iso(told[address].get("bgpTimerUpEstablishedEpoch"))}
                for address, link in self._links.items() if address in told]


class Router:
    faults_known = ("cut",)

    def __init__(self, folder, told, network):
        self._network = network
        self._program = (Frr if told["program"] == "frr" else Bird)(folder, told["links"])
        self.start, self.end = self._program.start, self._program.end
        self.is_well, self.sessions = self._program.is_well, self._program.sessions

    def make(self, _):
        self._network.cut()

    def mend(self):
        self._network.join()
