"""NSD, Knot and BIND as secondaries of one primary: with their defaults, and with the checks of a
new version that they have."""

import re
import shutil
import signal
import subprocess
import time

import dns.exception
import dns.message
import dns.query

import servers


class _Peer:
    """`checks`: with those that it has."""

    def __init__(self, folder, origin, *, checks=False):
        self.folder, self.origin, self.checks = folder, origin, checks
        self.address, self.port = servers.LOOPBACK, servers.free_port()
        self.process = None

    def start(self, primary):
        self.write_config(primary)
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, cwd=self.folder)
        assert self.has_serial(primary.zone.serial, 60), self.log()
        return self

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def serial(self):
        query = dns.message.make_query(self.origin, "SOA", flags=0)
        try:
            answer = dns.query.udp(query, self.address, port=self.port, timeout=1)
        except (dns.exception.DNSException, OSError):
            return None
        return answer.answer[0][0].serial if answer.answer else None

    def has_serial(self, serial, seconds):
        """Does it serve this serial within the time?"""
        deadline = time.monotonic() + seconds
        while self.serial() != serial:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


class Nsd(_Peer):
    """Its check is a command of the operator's; ldns-verify-zone, which reads the new version."""

    @staticmethod
    def version():
        return _first(r"[\d.]+", "nsd", "-v")

    def write_config(self, primary):
        folder = self.folder
        verify = ('verify:\n    enable: yes\n    ip-address: '
                  f'{self.address}@{servers.free_port()}\n'
                  '    verify-zones: yes\n    verifier: ldns-verify-zone -e P1D\n'
                  '    verifier-feed-zone: yes\n' if self.checks else "")
        (folder / "nsd.conf").write_text(f"""
server:
    ip-address: {self.address}@{self.port}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/nsd.pid"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    zonelistfile: "{folder}/zone.list"
    xfrd-reload-timeout: 0
    verbosity: 2
    rrl-ratelimit: 0
{verify}remote-control:
    control-enable: no
zone:
    name: "{self.origin}"
    zonefile: "secondary.zone"
    request-xfr: {primary.address}@{primary.port} NOKEY
    allow-notify: 127.0.0.0/8 NOKEY
""")

    def command(self):
        return ["nsd", "-d", "-c", str(self.folder / "nsd.conf")]


class Knot(_Peer):
    """Its check is dnssec-validation. zonemd-verify refuses a zone without ZONEMD, as most are."""

    @staticmethod
    def version():
        return _first(r"version ([\d.]+)", "knotd", "-V")

    def write_config(self, primary):
        folder = self.folder
        checks = "    dnssec-validation: on\n" if self.checks else ""
        (folder / "knot.conf").write_text(f"""
server:
    rundir: {folder}
    listen: {self.address}@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: {folder}
remote:
  - id: primary
    address: {primary.address}@{primary.port}
acl:
  - id: notifies
    address: 127.0.0.0/8
    action: notify
zone:
  - domain: {self.origin}
    storage: {folder}
    master: primary
    acl: notifies
{checks}""")

    def command(self):
        return ["knotd", "-c", str(self.folder / "knot.conf")]


class Bind(_Peer):
    """It checks no new version of a secondary zone further than that it can be served."""

    @staticmethod
    def version():
        return _first(r"BIND ([\d.]+)", "named", "-v")

    def write_config(self, primary):
        folder = self.folder
        (folder / "named.conf").write_text(f"""
options {{
  directory "{folder}";
  pid-file "{folder}/named.pid";
  session-keyfile "{folder}/session.key";
  managed-keys-directory "{folder}";
  listen-on port {self.port} {{ {self.address}; }};
  listen-on-v6 {{ none; }};
  recursion no;
  notify no;
  allow-notify {{ 127.0.0.0/8; }};
}};
zone "{self.origin}" {{ type secondary; file "secondary.zone";
  primaries {{ {primary.address} port {primary.port}; }}; }};
""")

    def command(self):
        return ["named", "-g", "-n", "1", "-c", str(self.folder / "named.conf")]


# The columns of the table after Hither's.
PEERS = (("NSD", Nsd, False), ("NSD, `verify`", Nsd, True), ("Knot DNS", Knot, False),
         ("Knot DNS, `dnssec-validation`", Knot, True), ("BIND", Bind, False))
PROGRAMS = ("nsd", "knotd", "named", "ldns-verify-zone")


def missing():
    """A program that is not installed, or None."""
    return next((program for program in PROGRAMS if not shutil.which(program)), None)


def _first(pattern, *command):
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30)
    found = re.search(pattern, ran.stdout + ran.stderr)
    return found[found.re.groups]
