"""The measured servers: how each is set up, started, found to be ready, and stopped.

All are set up for the same work: one worker, answers over UDP of at most 1232 octets and without
optional records, no log of queries, no rate limit, no journal, zones read from their zone files.
All settings not in this file or tests/system/servers.py are server defaults.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import typing

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests/system"))

import servers  # noqa: E402
import wire  # noqa: E402

ADDRESS = servers.LOOPBACK
_STOP_SECONDS = 60
_POLL_SECONDS = 0.002


class CannotRun(Exception):
    """Not our error: this server cannot do this work here. The text says why."""


def process_tree(pid):
    """A server and its children: NSD answers from a child."""
    found = [pid]
    try:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += process_tree(int(child))
    except FileNotFoundError:  # Exited since.
        pass
    return found


class Running:
    """A started server. `stop` stops it and all its processes, whatever state it is in."""

    def __init__(self, command, folder, port):
        self.port, self._log_path = port, folder / "log"
        self._log = open(self._log_path, "wb")
        self.started_at = time.monotonic()
        # A separate session: Ctrl-C reaches us, and we stop the server.
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=subprocess.STDOUT, start_new_session=True)

    def pids(self):
        return process_tree(self.process.pid)

    def log(self):
        return self._log_path.read_text(errors="replace")[-3000:]

    def wait_for_answer(self, question, good, seconds):
        """Seconds from the start to the first good answer. Asks every few milliseconds: servers
        bind long before they can answer, and what they do with early questions differs."""
        deadline = self.started_at + seconds
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(_POLL_SECONDS)
            udp.connect((ADDRESS, self.port))
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    raise RuntimeError(f"exited with {self.process.returncode}:\n{self.log()}")
                try:
                    udp.send(question)
                    if good(udp.recv(4096)):
                        return time.monotonic() - self.started_at
                except ConnectionRefusedError:
                    time.sleep(_POLL_SECONDS)
                except socket.timeout:
                    pass
        raise RuntimeError(f"no answer within {seconds} s:\n{self.log()}")

    def stop(self):
        family = self.pids()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in family[1:]:
            _kill_if_ours(pid, self.process.pid)
        self._log.close()


def _kill_if_ours(pid, session):
    """A child that outlived its parent. The PID may have been reused."""
    try:
        if os.getsid(pid) == session:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _is_good(answer):
    message = wire.read(answer)
    return message.has(wire.AA) and message.rcode == wire.NOERROR and message.answer


class Work(typing.NamedTuple):
    """The zones that a server serves."""
    zones: object  # inputs.Zones
    denial: str = ""  # nsec or nsec3, if signed.
    start_seconds_max: float = 600


class Contender:
    """A server that can be measured. Subclasses say how it is set up."""
    kind = label = program = ""
    answers = True  # With DNS answers, which must match other servers' answers.

    def __init__(self, path):
        self.path = path

    @classmethod
    def find(cls, given):
        """The path of its program, or None."""
        path = given or shutil.which(cls.program) or shutil.which(cls.program, path="/usr/sbin")
        return path and str(pathlib.Path(path).resolve())

    def version_command(self):
        return [self.path, "--version"]

    def version(self):
        told = subprocess.run(self.version_command(), capture_output=True, text=True, timeout=10)
        found = re.search(r"\d+\.\d+(\.\d+)*", told.stdout + told.stderr)
        return found[0] if found else "?"

    def prepare(self, folder, work):
        """Runs once before the first start, and is not measured."""

    def command(self, folder, port, work):
        """Writes the configuration and returns the command; the server stays in foreground."""
        raise NotImplementedError

    def question(self, work):
        return wire.query(work.zones.last_origin(), wire.SOA)

    def good(self, answer):
        return _is_good(answer)

    def start(self, folder, work):
        """(Running, seconds from start to first answer)"""
        port = servers.free_port()
        running = Running(self.command(folder, port, work), folder, port)
        try:
            return running, running.wait_for_answer(self.question(work), self.good,
                                                    work.start_seconds_max)
        except BaseException:
            running.stop()
            raise


class Echo(Contender):
    kind, label, program, answers = "echo", "echo (the floor)", "echo", False

    def version(self):
        return ""

    def command(self, folder, port, work):
        return [self.path, f"{ADDRESS}:{port}"]

    def good(self, answer):
        return bool(answer[2] & 0x80)


class EchoAsLong(Echo):
    """The cost of the sockets with answers as long as ours: the kernel copies them, too."""
    kind, label = "echo-as-long", "echo, as long as our answers"
    answer_bytes = 0  # Known once hitherd has answered.

    def command(self, folder, port, work):
        size = [str(self.answer_bytes)] if self.answer_bytes else []
        return super().command(folder, port, work) + size


class Hitherd(Contender):
    kind, label, program = "hitherd", "Hither", "hitherd"

    def zones_yaml(self, folder, work):
        if work.zones.count > 1000:
            return f"  - {{ list: {work.zones.list_path} }}\n"
        return "".join(f"  - {{ name: {origin}, file: {path} }}\n"
                       for origin, path in work.zones.each())

    def command(self, folder, port, work):
        config = folder / "hither.yaml"
        # As root it would become a user that may be unable to read the zones.
        user = "user: root\n" if os.geteuid() == 0 else ""
        config.write_text(
            f"identity: {{ site: bench }}\nlisten: [\"{ADDRESS}:{port}\"]\nworkers: 1\n{user}"
            f"admin: {{ listen: none }}\nlog: {{ level: warning }}\n"
            f"zones:\n{self.zones_yaml(folder, work)}")
        return [self.path, "--config", str(config)]


class HitherdImage(Hitherd):
    """The same server, with precompiled zones."""
    kind, label = "hitherd-image", "Hither, from an image"

    def images(self, folder, work):
        return [(origin, folder / f"{n}.image", path)
                for n, (origin, path) in enumerate(work.zones.each())]

    def prepare(self, folder, work):
        tool = pathlib.Path(self.path).with_name("hither")
        for origin, image, path in self.images(folder, work):
            done = subprocess.run([tool, "compile", path, "-o", image, "--origin", origin],
                                  capture_output=True, text=True, timeout=work.start_seconds_max)
            if done.returncode != 0:
                raise CannotRun(f"{tool} compile: {(done.stdout + done.stderr).strip()[:200]}")

    def zones_yaml(self, folder, work):
        return "".join(f"  - {{ name: {origin}, image: {image} }}\n"
                       for origin, image, _ in self.images(folder, work))


class Nsd(Contender):
    kind, label, program = "nsd", "NSD", "nsd"

    def version_command(self):
        return [self.path, "-v"]

    def command(self, folder, port, work):
        # NSD before 4.7 keeps a second copy of all zones in a file unless configured not to.
        database = '    database: ""\n' if self.version().split(".") < ["4", "8"] else ""
        config = folder / "nsd.conf"
        with open(config, "w", encoding="ascii") as out:
            out.write(f"""server:
    ip-address: {ADDRESS}@{port}
    server-count: 1
    username: ""
    chroot: ""
{database}    zonesdir: "{folder}"
    pidfile: "{folder}/nsd.pid"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    zonelistfile: "{folder}/zone.list"
    verbosity: 0
    ipv4-edns-size: 1232
    minimal-responses: yes
    round-robin: no
    rrl-ratelimit: 0
remote-control:
    control-enable: no
""")
            out.writelines(f'zone:\n    name: "{origin}"\n    zonefile: "{path}"\n'
                           for origin, path in work.zones.each())
        return [self.path, "-d", "-c", str(config)]


class Knot(Contender):
    kind, label, program = "knotd", "Knot DNS", "knotd"

    def command(self, folder, port, work):
        config = servers.write_knot_config(
            folder, work.zones.each(), ADDRESS, port,
            background_workers=len(os.sched_getaffinity(0)))  # These threads load zones.
        return [self.path, "-c", str(config)]


class Named(Contender):
    kind, label, program = "named", "BIND", "named"

    def version_command(self):
        return [self.path, "-v"]

    def command(self, folder, port, work):
        config = folder / "named.conf"
        with open(config, "w", encoding="ascii") as out:
            out.write(f"""options {{
    directory "{folder}";
    pid-file "{folder}/named.pid";
    session-keyfile "{folder}/session.key";
    listen-on port {port} {{ {ADDRESS}; }};
    listen-on-v6 {{ none; }};
    recursion no;
    minimal-responses yes;
    max-udp-size 1232;
    edns-udp-size 1232;
    rrset-order {{ order none; }};
    notify no;
    allow-transfer {{ none; }};
    dnssec-validation no;
    check-integrity no;
    zone-statistics none;
}};
controls {{ }};
logging {{ category default {{ null; }}; category unmatched {{ null; }}; }};
""")
            out.writelines(f'zone "{origin}" {{ type primary; file "{path}"; }};\n'
                           for origin, path in work.zones.each())
        return [self.path, "-f", "-n", "1", "-c", str(config)]


class Pdns(Contender):
    """With the bind backend, which keeps zones in memory, and the default packet cache."""
    kind, label, program = "pdns_server", "PowerDNS", "pdns_server"

    def version(self):
        told = subprocess.run(self.version_command(), capture_output=True, text=True, timeout=10)
        return re.search(r"Server (\d[\d.]+)", told.stdout + told.stderr)[1]

    def command(self, folder, port, work):
        named = folder / "zones.conf"
        with open(named, "w", encoding="ascii") as out:
            out.writelines(f'zone "{origin}" {{ type master; file "{path}"; }};\n'
                           for origin, path in work.zones.each())
        (folder / "pdns.conf").write_text(f"""launch=bind
bind-config={named}
local-address={ADDRESS}
local-port={port}
socket-dir={folder}
receiver-threads=1
distributor-threads=1
udp-truncation-threshold=1232
disable-axfr=yes
loglevel=2
log-dns-queries=no
security-poll-suffix=
version-string=anonymous
{self._dnssec(folder, work)}""")
        return [self.path, f"--config-dir={folder}", "--daemon=no", "--guardian=no"]

    def _dnssec(self, folder, work):
        return f"bind-dnssec-db={folder}/dnssec.db\n" if work.denial else ""

    def prepare(self, folder, work):
        """A separate database records that a zone is already signed."""
        if not work.denial:
            return
        self.command(folder, 0, work)
        tool = shutil.which("pdnsutil")
        if tool is None:
            raise CannotRun("a signed zone needs pdnsutil")
        steps = [["create-bind-db", f"{folder}/dnssec.db"]]
        for origin, _ in work.zones.each():
            steps.append(["set-presigned", origin])
            if work.denial == "nsec3":
                steps.append(["set-nsec3", origin, "1 0 0 -"])  # As inputs.signed_zone() signs.
        for step in steps:
            done = subprocess.run([tool, f"--config-dir={folder}", *step], capture_output=True,
                                  text=True, timeout=600)
            if done.returncode != 0:
                raise CannotRun(f"pdnsutil {step[0]}: {done.stderr.strip()[-200:]}")


CONTENDERS = {contender.kind: contender
              for contender in (Echo, EchoAsLong, Hitherd, HitherdImage, Nsd, Knot, Named, Pdns)}
