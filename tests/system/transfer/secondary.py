"""hitherd as a secondary of primaries.py, and whether it answers as its primary does."""

import http.client
import re
import time

import asker
import servers
import wire

_TYPES = (wire.A, wire.NS, wire.CNAME, wire.SOA, wire.MX, wire.TXT, wire.AAAA, wire.DNAME)
_EDE = 15  # EDNS option, RFC 8914 §2.


class Secondary:
    """Its port is known before it runs, so that a primary can be told where to send NOTIFYs."""

    def __init__(self, folder):
        self.folder = folder
        self.address, self.port = servers.LOOPBACK, servers.free_port()
        self.admin = f"{servers.LOOPBACK}:{servers.free_port()}"
        self.origin = None
        self.server = None

    def configure(self, origin, primaries, *, keys=(), zone="", gates="{ profile: none }"):
        """`primaries`: the YAML of each; `zone`: further keys of the zone, as YAML;
        `gates`: "" is the default profile."""
        self.origin = origin
        names = [re.search(r"name: (\w+)", primary)[1] for primary in primaries]
        lines = "".join(f"  - {primary}\n" for primary in primaries)
        secrets = "".join(f"  - {{ name: {key.name}, algorithm: {key.algorithm}, "
                          f'secret: "{key.text}" }}\n' for key in keys)
        (self.folder / "hither.yaml").write_text(f"""
listen: ["{self.address}:{self.port}"]
workers: 1
user: root
admin: {{ listen: "{self.admin}" }}
state_dir: state
{"keys:" if keys else ""}
{secrets}primaries:
{lines}zones:
  - {{ name: {origin}, primaries: [{", ".join(names)}]{gates and f", gates: {gates}"}{zone} }}
""")
        (self.folder / "hither.yaml").chmod(0o600)  # It may have secrets.
        return self

    def follow(self, primary, *, tls="", zone="", gates="{ profile: none }"):
        """Configures it for one primary of primaries.py. `tls`: YAML of its tls, over which it
        transfers then."""
        port = primary.tls_port if tls else primary.port
        key = f", key: {primary.key.name}" if primary.key else ""
        security = f", tls: {tls}" if tls else ""
        return self.configure(
            primary.zone.origin,
            [f'{{ name: hidden1, address: "{primary.address}:{port}"{key}{security} }}'],
            keys=[primary.key] if primary.key else [], zone=zone, gates=gates)

    def follow_all(self, primary, origins, *, zone="", more=""):
        """Several zones of one primary; `more`: further lines of the configuration."""
        self.origin = origins[0]
        zones = "".join(f"  - {{ name: {origin}, primaries: [hidden1], gates: {{ profile: none }}"
                        f"{zone} }}\n" for origin in origins)
        (self.folder / "hither.yaml").write_text(f"""
listen: ["{self.address}:{self.port}"]
workers: 1
user: root
admin: {{ listen: "{self.admin}" }}
state_dir: state
primaries: [{{ name: hidden1, address: "{primary.address}:{primary.port}" }}]
{more}zones:
{zones}""")
        return self

    def start(self):
        (self.folder / "state").mkdir(exist_ok=True)
        command = [servers.hitherd_path(), "--config", str(self.folder / "hither.yaml")]
        self.server = servers.Server("hitherd", command, self.folder, self.address, self.port,
                                     {self.origin: None})
        self.wait("answers", lambda: self.answer("SOA") is not None)
        return self

    def kill(self):
        """As a crash."""
        self.server.process.kill()
        self.server.process.wait()
        self.server = None

    def stop(self):
        if self.server is not None:
            status, self.server = self.server.stop(), None
            return status
        return 0

    def answer(self, rdtype, name=None):
        question = wire.query(name or self.origin, getattr(wire, rdtype), edns=(1232, 0))
        octets = asker.exchange(self.address, self.port, question, 0.5, tries=1)
        return None if octets is None else wire.read(octets)

    def serial(self, origin=None):
        """None: it does not serve the zone."""
        answer = self.answer("SOA", origin)
        if answer is None or answer.rcode != wire.NOERROR or not answer.answer:
            return None
        return int.from_bytes(answer.answer[0].rdata[-20:-16], "big")

    def is_expired(self):
        """SERVFAIL, and says why (RFC 8914)."""
        answer = self.answer("SOA")
        return (answer is not None and answer.rcode == wire.SERVFAIL and answer.edns is not None
                and any(code == _EDE for code, _ in answer.edns.options))

    def metric(self, sample):
        connection = http.client.HTTPConnection(self.admin, timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        found = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else None

    def wait_for_serial(self, serial, seconds=20):
        self.wait(f"serves serial {serial}", lambda: self.serial() == serial, seconds)

    def wait_for_expiry(self, seconds=60):
        self.wait("has expired", self.is_expired, seconds)

    def wait_for_log(self, text, seconds=20):
        self.wait(f"logs {text!r}", lambda: text in self.server.log(), seconds)

    def wait_for(self, what, is_met, seconds=20):
        self.wait(what, is_met, seconds)

    def wait(self, what, is_met, seconds=20):
        deadline = time.monotonic() + seconds
        while not self._try(is_met):
            if self.server.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {what}; its log:\n"
                                     f"{self.server.log()}")
            time.sleep(0.05)

    @staticmethod
    def _try(is_met):
        try:
            return is_met()
        except OSError:  # Nobody listens yet.
            return False


def _meaning(octets):
    """What two servers must agree on: not the order of records, NS records beside an answer, or the
    additional section."""
    answer = wire.read(octets)
    is_positive = bool(answer.answer)
    return (answer.rcode, answer.has(wire.AA), frozenset(answer.answer),
            frozenset() if is_positive else frozenset(answer.authority))


def _questions(origin, records, random, extra):
    names = sorted({owner for owner, _, _, _ in records})
    asked = [(name, rdtype) for name in names for rdtype in _TYPES]
    for _ in range(extra):
        name = random.choice(names)
        label = random.choice(["a", "*", "zz", "host1", "_x", "0"])
        shape = random.randrange(3)
        if shape == 1 and name != origin:  # A sibling, perhaps below an empty non-terminal.
            name = name.split(".", 1)[1]
        if shape != 2:
            name = f"{label}.{name}"
        asked.append((name, random.choice(_TYPES)))
    return [wire.query(name, rdtype, edns=(1232, 0)) for name, rdtype in asked]


def assert_equal_answers(primary, secondary, random, extra=500):
    """Each name of the zone with each type, and `extra` other questions."""
    records = primary.records()
    questions = _questions(primary.zone.origin, records, random, extra)
    answers = []
    for server in (primary, secondary):
        connection = asker.Udp(server.address, server.port)
        answers.append(connection.ask(questions))
        connection.close()
    for question, wanted, got in zip(questions, *answers):
        if _meaning(wanted) != _meaning(got):
            raise AssertionError(f"{wire.read(question).question}:\n"
                                 f"primary   {_text(wanted)}\nsecondary {_text(got)}")
    return len(questions)


def _text(octets):
    answer = wire.read(octets)
    lines = [f"rcode {answer.rcode}{' aa' if answer.has(wire.AA) else ''}"]
    lines += [f"  {record}" for record in answer.answer]
    lines += [f"  ; {record}" for record in answer.authority]
    return "\n".join(lines)
