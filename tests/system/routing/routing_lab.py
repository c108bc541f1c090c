"""Two routers in network namespaces: a site, whose routes the tests change, and a transit that
learns them. Everything has the test's process id in its name and goes away with the Lab."""

import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import namespaces  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("HITHER_SOURCE", pathlib.Path(__file__).parents[3]))
ROUTE_LAB = os.environ.get("HITHER_ROUTE_LAB", str(SOURCE / "build/release/tests/route_lab"))
EXAMPLES = SOURCE / "examples/routing"
V4, V6 = "192.0.2.0/24", "2001:db8::/48"
FRR = pathlib.Path("/usr/lib/frr")
LABS = itertools.count()  # Several may run at once.


def need(*programs):
    """Skips the test where a program, or root, is missing."""
    for program in programs:
        if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/usr/lib/frr") is None:
            pytest.skip(f"needs {program}")
    namespaces.need()


def wait_until(ask, seconds, what):
    """How long it took until ask() was true."""
    start = time.monotonic()
    while not ask():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - start


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert not check or done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


class Lab:
    """site (198.51.100.2) - transit (198.51.100.1)"""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hither_routing_"))
        self.folder.chmod(0o755)
        tag = f"hr{os.getpid()}{next(LABS)}"
        self.site, self.transit = f"{tag}s", f"{tag}t"
        self.daemons = []
        for name in (self.site, self.transit):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", self.site, "link", "add", "up0", "type", "veth", "peer", "name", "down0",
            "netns", self.transit)
        self.add_address(self.site, "up0", 2)
        self.add_address(self.transit, "down0", 1)

    @staticmethod
    def add_address(name, interface, last):
        for address in (f"198.51.100.{last}/24", f"fd00:100::{last}/64"):
            nodad = ["nodad"] if ":" in address else []
            run("ip", "-n", name, "address", "add", address, "dev", interface, *nodad)
        run("ip", "-n", name, "link", "set", interface, "up")

    def close(self):
        for daemon in self.daemons:
            daemon.stop()
        for name in (self.site, self.transit):
            run("ip", "netns", "delete", name, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def bird(self, name, netns, text):
        daemon = Bird(self.folder, name, netns, text)
        self.daemons.append(daemon)
        return daemon

    def transit_bird(self):
        return self.bird("transit", self.transit, TRANSIT)

    def speaker(self, *arguments):
        daemon = Speaker(self.site, *arguments)
        self.daemons.append(daemon)
        return daemon


# `debug routes` has each change in the log: a withdrawal is a line with "removed".
TRANSIT = """
router id 198.51.100.1;
protocol device { }
protocol bgp site {
  local 198.51.100.1 as 64511;
  neighbor 198.51.100.2 as 64496;
  passive yes;
  hold time 3;
  connect retry time 1;
  connect delay time 1;
  error wait time 1, 1;
  error forget time 1;
  debug { routes };
  ipv4 { import all; export none; };
  ipv6 { import all; export none; };
}
"""


class Bird:
    def __init__(self, folder, name, netns, text):
        self.netns = netns
        self.file, self.log = folder / f"{name}.conf", folder / f"{name}.log"
        self.socket, self.process = folder / f"{name}.ctl", None
        self.file.write_text(f'log "{self.log}" all;\n' + text)
        self.start()

    def start(self):
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.netns, "bird", "-f", "-c", str(self.file), "-s",
             str(self.socket)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: "ready" in self.ask("show", "status"), 5, f"BIRD of {self.file}")
        assert self.process.poll() is None, self.file.read_text()

    def stop(self, kill=False):
        if self.process is None:
            return
        self.process.kill() if kill else self.process.terminate()
        self.process.wait(10)
        self.process = None

    def ask(self, *words):
        return run("birdc", "-s", str(self.socket), *words, check=False)

    def route(self, prefix):
        """None, or (AS path, MED, communities) of the best route."""
        text = self.ask("show", "route", prefix, "all", "primary")
        path = re.search(r"BGP.as_path: (.*)", text)
        if path is None:
            return None
        med = re.search(r"BGP.med: (\d+)", text)
        communities = re.search(r"BGP.community: (.*)", text)
        return (path.group(1).strip(), int(med.group(1)) if med else None,
                communities.group(1).strip() if communities else "")

    def changes(self, word):
        """How often the log tells that a route was "added", "removed" or "updated"."""
        return len(re.findall(rf"> {word}", self.log.read_text()))


class Speaker:
    """route_lab in the site's namespace."""

    def __init__(self, netns, *arguments):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", netns, ROUTE_LAB, *arguments, V4, V6], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.lines, self.logged, self.ready = [], [], threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            with self.ready:
                if line.startswith("log "):
                    self.logged.append(line[4:].strip())
                else:
                    self.lines.append(line)
                self.ready.notify_all()

    def _ask(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        with self.ready:
            assert self.ready.wait_for(lambda: self.lines, 10), text
            return self.lines.pop(0)

    def want(self, *words):
        assert self._ask(" ".join(("want",) + words)) == "ok\n"

    def see(self):
        return json.loads(self._ask("see"))

    def readback(self, prefix):
        """kind and state of the only place that the prefix is read back from."""
        found = [s for s in self.see().get("readback", []) if s["prefix"] == prefix]
        return (found[0]["kind"], found[0]["state"]) if len(found) == 1 else (len(found), "")

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


class Frr:
    """zebra and bgpd in a namespace, with files of their own."""

    def __init__(self, lab, netns, text):
        self.netns, self.folder = netns, lab.folder / "frr"
        self.folder.mkdir()
        self.config = self.folder / "frr.conf"
        self.config.write_text(text)
        for path in (self.folder, self.config):
            shutil.chown(path, "frr", "frr")
        self.processes = []
        self.start()
        lab.daemons.append(self)

    def start(self):
        for name in ("zebra", "staticd", "bgpd"):
            (self.folder / f"{name}.vty").unlink(missing_ok=True)
            self.processes.append(subprocess.Popen(
                ["ip", "netns", "exec", self.netns, str(FRR / name), "--vty_socket",
                 str(self.folder), "-i", str(self.folder / f"{name}.pid"), "-z",
                 str(self.folder / "zserv.api"), "-A", "127.0.0.1", "-P", "0"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            wait_until((self.folder / f"{name}.vty").exists, 10, name)
        run(*self.vtysh(), "-f", str(self.config))

    def vtysh(self):
        return ["ip", "netns", "exec", self.netns, "vtysh", "--vty_socket", str(self.folder)]

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(15)
        self.processes = []
