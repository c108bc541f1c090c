"""Starts nsd, knotd and hitherd on free loopback ports, each in a folder of its own.

NSD and Knot are set up as Hither answers: 1232 octets over UDP, records in the zone's order, no
rate limit, no NS beside a positive answer. HITHER_STAND_IN=nsd or knot puts a peer in hitherd's
place: what fails then is a fault of the tests, or a fault of the peer.
"""

import os
import pathlib
import random
import signal
import socket
import subprocess
import time

import asker
import wire

_START_SECONDS = 60
_STOP_SECONDS = 30
_RANDOM = random.SystemRandom()  # No test's seed makes two of them choose alike.
_BY_CHANCE = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
LOOPBACK = "127.0.0.1"


def free_port(address=LOOPBACK):
    """A port that nothing listens on, neither over UDP nor over TCP, when we look.

    It stays free until it is used, and while a server restarts: it is not among those that the
    kernel gives to other programs' sockets by chance (ip_local_port_range).
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    lowest_by_chance = int(_BY_CHANCE.read_text().split()[0])
    for port in _RANDOM.sample(range(10_000, lowest_by_chance), 100):
        with socket.socket(family, socket.SOCK_DGRAM) as udp, \
                socket.socket(family, socket.SOCK_STREAM) as tcp:
            try:
                udp.bind((address, port))
                tcp.bind((address, port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no port free on {address} for both UDP and TCP")


def cpu_seconds(pid):
    """User and system time of a process since its start (proc(5), fields 14 and 15)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick


class Server:
    """A running server. `zones` maps origins to files; the first is asked to see that it is up."""

    def __init__(self, kind, command, folder, address, port, zones, env=None):
        self.kind, self.folder = kind, folder
        self.address, self.port = address, port
        self.admin = None
        self.log_path = folder / f"{kind}.log"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, cwd=folder,
                                            env={**os.environ, **(env or {})})
        self._first_zone = next(iter(zones))

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_until_ready(self, seconds=_START_SECONDS):
        question = wire.query(self._first_zone, wire.SOA, edns=(1232, 0))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(
                    f"{self.kind} ended with {self.process.returncode}:\n{self.log()}")
            try:
                answer = asker.exchange(self.address, self.port, question, 0.1, tries=1)
            except OSError:  # Nobody listens yet.
                answer = None
            if answer and wire.read(answer).has(wire.AA):
                return self
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"{self.kind} did not answer within {seconds} s:\n{self.log()}")

    def ask(self, name, rdtype, transport="udp", **facts):
        """One question, read: server.ask("example.", wire.SOA, edns=(1232, wire.DO))."""
        question = wire.query(name, rdtype, id=0x4854, **facts)
        if transport == "udp":
            answer = asker.exchange(self.address, self.port, question)
        else:
            tcp = asker.Tcp(self.address, self.port)
            answer = tcp.ask([question])[0]
            tcp.close()
        return None if answer is None else wire.read(answer)

    def connect(self, transport):
        return {"udp": asker.Udp, "tcp": asker.Tcp}[transport](self.address, self.port)

    def status_field(self, field):
        """A line of /proc/PID/status, such as VmRSS (in KiB) or Uid."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return line.split()[1:]
        raise KeyError(field)

    def stop(self):
        """Ends it by SIGTERM; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise RuntimeError(f"{self.kind} did not end within {_STOP_SECONDS} s of SIGTERM")
        return self.process.returncode


def start_nsd(folder, zones, address=LOOPBACK):
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port(address)
    config = folder / "nsd.conf"
    config.write_text(f"""
server:
    ip-address: {address}@{port}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/nsd.pid"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    zonelistfile: "{folder}/zone.list"
    ipv4-edns-size: 1232
    ipv6-edns-size: 1232
    minimal-responses: yes
    round-robin: no
    refuse-any: no
    rrl-ratelimit: 0
    tcp-count: 100
    tcp-query-count: 0
    tcp-timeout: 60
remote-control:
    control-enable: no
""" + "".join(f'zone:\n    name: "{origin}"\n    zonefile: "{path}"\n'
              for origin, path in zones.items()))
    command = ["nsd", "-d", "-c", str(config)]
    return Server("nsd", command, folder, address, port, zones).wait_until_ready()


def write_knot_config(folder, zones, address, port, background_workers=1):
    """Its path. `zones` are (origin, path) pairs, perhaps very many."""
    config = folder / "knot.conf"
    with open(config, "w", encoding="utf-8") as out:
        out.write(f"""server:
    rundir: {folder}
    listen: {address}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: {background_workers}
    udp-max-payload: 1232
    answer-rotation: off
    tcp-idle-timeout: 60
log:
  - target: stderr
    any: warning
database:
    storage: {folder}
template:
  - id: default
    storage: {folder}
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
""")
        out.writelines(f'  - domain: "{origin}"\n    file: "{path}"\n' for origin, path in zones)
    return config


def start_knot(folder, zones, address=LOOPBACK):
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port(address)
    config = write_knot_config(folder, zones.items(), address, port)
    command = ["knotd", "-c", str(config)]
    return Server("knot", command, folder, address, port, zones).wait_until_ready()


def hitherd_path():
    return os.environ.get("HITHERD", "")


def hither_path():
    return os.environ.get("HITHER", "")


def hitherd_command(zones, *, listen, site="test1", workers=1, admin="none", more=()):
    command = [hitherd_path(), "--site", site, "--workers", str(workers), "--admin", admin]
    for at in listen:
        command += ["--listen", at]
    for origin, path in zones.items():
        command += ["--zone", f"{origin}={path}"]
    return command + list(more)


def listen_text(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def start_hitherd(folder, zones, address=LOOPBACK, *, admin=False, listen=None, ready=True,
                  wrapper=(), env=None, **how):
    """`admin`: with an admin endpoint, at server.admin. `listen`: instead of address and a port."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port(address)
    endpoint = f"{LOOPBACK}:{free_port()}" if admin is True else admin or "none"
    command = hitherd_command(zones, listen=listen or [listen_text(address, port)],
                              admin=endpoint, **how)
    server = Server("hitherd", [*wrapper, *command], folder, address, port, zones, env)
    server.admin = None if endpoint == "none" else endpoint
    return server.wait_until_ready() if ready else server


def start_hitherd_with_config(folder, config, zones, address, port, admin=None, more=()):
    """`config` is a YAML file that listens on address and port; `zones` is what is in it."""
    command = [hitherd_path(), "--config", str(config), *more]
    server = Server("hitherd", command, folder, address, port, zones)
    server.admin = admin
    return server.wait_until_ready()


def start_subject(folder, zones, **how):
    """hitherd, or the peer that stands in for it."""
    stand_in = os.environ.get("HITHER_STAND_IN")
    if stand_in:
        return {"nsd": start_nsd, "knot": start_knot}[stand_in](folder, zones)
    return start_hitherd(folder, zones, **how)


def run_hither(*arguments, timeout=30):
    return subprocess.run([hither_path(), *arguments], capture_output=True, text=True,
                          timeout=timeout)
