"""Two network namespaces with a veth between them: a router's and the speaker's."""

import itertools
import json
import os
import pathlib
import signal
import subprocess
import time

BGP_LAB = os.environ.get("HITHER_BGP_LAB", "build/release/tests/bgp_lab")
SPEAKER_AS, ROUTER_AS = 65001, 65002
ROUTER = {4: "10.9.0.1", 6: "2001:db8:9::1"}
SPEAKER = {4: "10.9.0.2", 6: "2001:db8:9::2"}
FAR = "10.9.1.1"  # A router one hop behind ROUTER.
PREFIXES = ["192.0.2.0/24", "2001:db8:53::/48"]
_numbers = itertools.count()


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}{done.stdout}")
    return done.stdout


def until(what, seconds=15.0, every=0.02):
    """Polls `what` until it is true; returns its value and the seconds that it took."""
    start = time.monotonic()
    while True:
        value = what()
        took = time.monotonic() - start
        if value:
            return value, took
        assert took < seconds, f"not within {seconds} s"
        time.sleep(every)


class Net:
    """The namespaces `router` and `speaker`; everything that runs in them ends with close()."""

    def __init__(self):
        stem = f"hbgp{os.getpid()}x{next(_numbers)}"
        self.router, self.speaker = stem + "r", stem + "s"
        self._processes, self._more = [], []
        for name in (self.router, self.speaker):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        self.link()

    def link(self):
        """What joins the two; again after it was deleted."""
        run("ip", "link", "add", "up0", "netns", self.router, "type", "veth",
            "peer", "name", "up0", "netns", self.speaker)
        for name, address in ((self.router, ROUTER), (self.speaker, SPEAKER)):
            run("ip", "-n", name, "addr", "add", address[4] + "/24", "dev", "up0")
            run("ip", "-n", name, "addr", "add", address[6] + "/64", "dev", "up0", "nodad")
            run("ip", "-n", name, "link", "set", "up0", "up")

    def add_far(self):
        """A namespace behind the router's, which forwards; its name."""
        far = self.router[:-1] + "f"
        self._more.append(far)
        run("ip", "netns", "add", far)
        run("ip", "-n", far, "link", "set", "lo", "up")
        run("ip", "link", "add", "down0", "netns", self.router, "type", "veth",
            "peer", "name", "up0", "netns", far)
        for name, device, address in ((self.router, "down0", "10.9.1.2"), (far, "up0", FAR)):
            run("ip", "-n", name, "addr", "add", address + "/24", "dev", device)
            run("ip", "-n", name, "link", "set", device, "up")
        run("ip", "-n", far, "route", "add", "default", "via", "10.9.1.2")
        run("ip", "-n", self.speaker, "route", "add", "10.9.1.0/24", "via", ROUTER[4])
        run("ip", "netns", "exec", self.router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        return far

    def start(self, namespace, command, log, stdin=subprocess.DEVNULL, stdout=None, env=None):
        with open(log, "ab") as out:
            process = subprocess.Popen(["ip", "netns", "exec", namespace, *map(str, command)],
                                       stdin=stdin, stdout=stdout or out, stderr=out,
                                       env={**os.environ, **(env or {})})
        self._processes.append(process)
        return process

    def close(self):
        for process in reversed(self._processes):
            if process.poll() is None:
                process.kill()
            process.wait()
        for name in (self.router, self.speaker, *self._more):
            run("ip", "netns", "del", name, check=False)


class Speaker:
    """bgp_lab in its namespace."""

    def __init__(self, net, folder, neighbors, **config):
        self.log = pathlib.Path(folder) / "speaker.log"
        config = {"local_as": SPEAKER_AS, "neighbors": neighbors, "prefixes": PREFIXES, **config}
        # AddressSanitizer keeps what was freed, 256 MB of it, which would look like a leak.
        sanitizer = {"ASAN_OPTIONS": "quarantine_size_mb=1", **os.environ}
        self.process = net.start(net.speaker, [BGP_LAB, json.dumps(config)], self.log,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=sanitizer)

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def observe(self):
        self.say("observe")
        return json.loads(self.process.stdout.readline())

    def session(self):
        return self.observe()["sessions"][0]

    def wait_established(self, seconds=15.0):
        until(lambda: self.session()["state"] == "Established", seconds, every=0.05)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def memory_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])


def neighbor(transport=4, **more):
    return {"address": ROUTER[transport], "as": ROUTER_AS, **more}
