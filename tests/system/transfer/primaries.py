"""BIND, Knot, NSD and PowerDNS as hidden primaries: each on loopback ports and in a folder of its
own, with one zone that the test changes.

XoT (RFC 9103): BIND 9.18 serves it as Hither requires it. NSD 4.6 speaks TLS but selects no ALPN
protocol, Debian 12's Knot (3.2) has QUIC alone (test_xot.py has a later one), and PowerDNS 4.7 has
neither.
"""

import base64
import dataclasses
import signal
import socket
import struct
import subprocess
import time

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.xfr

import servers

_START_SECONDS = 30
_CHANGE_SECONDS = 20


@dataclasses.dataclass
class Key:
    """A TSIG key."""
    name: str = "transfers.example"
    algorithm: str = "hmac-sha256"
    secret: bytes = bytes(range(32))

    @property
    def text(self):
        return base64.b64encode(self.secret).decode()

    def for_dns(self):
        return dns.tsig.Key(dns.name.from_text(self.name), self.secret, self.algorithm)


@dataclasses.dataclass
class Zone:
    """`body`: everything but the SOA record, as a master file has it."""
    body: str
    origin: str = "example."
    serial: int = 1
    refresh: int = 7200
    retry: int = 900
    expire: int = 1209600
    minimum: int = 300

    def text(self):
        return (f"$ORIGIN {self.origin}\n$TTL 300\n"
                f"@ SOA ns1 hostmaster {self.serial} {self.refresh} {self.retry} {self.expire} "
                f"{self.minimum}\n{self.body.rstrip()}\n")


class Primary:
    """A name server that has a zone. Subclasses say how it is configured, started and reloaded.

    key: transfers must be signed by it, and so are NOTIFYs. notify: (address, port) of a secondary.
    tls: (certificate, key) paths; the server then offers transfers at `tls_port`, too. client_ca:
    the path of a CA whose certificate a client must show there (BIND alone).
    """

    programs = ()

    def __init__(self, folder, zone, *, key=None, notify=None, tls=None, client_ca=None):
        self.folder, self.zone, self.key, self.notify, self.tls = folder, zone, key, notify, tls
        self.client_ca = client_ca
        self.address = servers.LOOPBACK
        self.port = servers.free_port()
        self.tls_port = servers.free_port() if tls else None
        self.control_port = servers.free_port()
        self.process = None
        self._write_zone()
        self._write_config()

    @property
    def zone_path(self):
        return self.folder / "zone.txt"

    @property
    def log_path(self):
        return self.folder / "log"

    def log(self):
        return self.log_path.read_text(errors="replace")

    def start(self):
        self._prepare()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self._command(), stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, cwd=self.folder)
        self._wait_for_serial(_START_SECONDS)
        return self

    def stop(self):
        """Ends it; start() starts it again, with the zone as it is by then."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def change(self, body, serial=None):
        """`body` is the new one, or a function of the old one. Serves it with the next serial."""
        self.zone.body = body(self.zone.body) if callable(body) else body
        self.zone.serial = serial or self.zone.serial + 1
        self._write_zone()
        if self.process is not None:
            self._reload()
            self._wait_for_serial(_CHANGE_SECONDS)

    def soa_serial(self):
        """None: no answer, or not authoritative."""
        query = dns.message.make_query(self.zone.origin, "SOA", flags=0)
        try:
            answer = dns.query.udp(query, self.address, port=self.port, timeout=1)
        except (dns.exception.DNSException, OSError):
            return None
        return answer.answer[0][0].serial if answer.answer else None

    def transfer(self, serial=None, key=True, tls=None):
        """AXFR, or IXFR from `serial`: its records in order, as (owner, TTL, type, RDATA text).
        `key`: True is the primary's own. `tls`: an ssl.SSLContext."""
        kind = "AXFR" if serial is None else "IXFR"
        query = dns.message.make_query(self.zone.origin, kind)
        if serial is not None:
            query.authority.append(dns.rrset.from_text(self.zone.origin, 0, "IN", "SOA",
                                                       f". . {serial} 0 0 0 0"))
        key = self.key if key is True else key
        if key:
            query.use_tsig(key.for_dns())
        port = self.tls_port if tls else self.port
        with socket.create_connection((self.address, port), timeout=20) as tcp:
            return _receive(query, tls.wrap_socket(tcp) if tls else tcp, serial)

    def records(self):
        """The zone's, without the second SOA record."""
        return self.transfer()[:-1]

    def _write_zone(self):
        # In one step: a server may read it at any time.
        new = self.folder / "zone.new"
        new.write_text(self.zone.text())
        new.rename(self.zone_path)

    def _prepare(self):
        pass

    def _wait_for_serial(self, seconds):
        deadline = time.monotonic() + seconds
        while self.soa_serial() != self.zone.serial:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{type(self).__name__} does not serve serial "
                                   f"{self.zone.serial}:\n{self.log()}")
            time.sleep(0.05)

    def _run(self, *command):
        ran = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=self.folder)
        if ran.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {ran.stdout}{ran.stderr}\n{self.log()}")
        return ran.stdout


def _octets(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError("the transfer is incomplete")
        data += part
    return data


def _receive(query, connection, held):
    records, serials, context = [], [], None
    wire = query.to_wire()
    connection.sendall(struct.pack(">H", len(wire)) + wire)
    while not _is_whole(records, serials, held):
        wire = _octets(connection, struct.unpack(">H", _octets(connection, 2))[0])
        message = dns.message.from_wire(wire, keyring=query.keyring, xfr=True,
                                        request_mac=query.mac, tsig_ctx=context, multi=True,
                                        one_rr_per_rrset=True)
        if query.keyring and not context and not message.had_tsig:
            raise dns.exception.FormError("the first message is not signed")
        context = message.tsig_ctx
        if message.rcode() != dns.rcode.NOERROR:
            raise dns.xfr.TransferError(message.rcode())
        for rrset in message.answer:
            kind = dns.rdatatype.to_text(rrset.rdtype)
            records.append((rrset.name.to_text(), rrset.ttl, kind, rrset[0].to_text()))
            if kind == "SOA":
                serials.append(rrset[0].serial)
    return records


def _is_whole(records, serials, held):
    """RFC 1995 §4: differences name the last serial in the middle, too, and one SOA record alone
    says that `held` is current."""
    if len(records) == 1 and serials == [held]:
        return True
    if len(serials) < 2 or records[-1][2] != "SOA" or serials[-1] != serials[0]:
        return False
    is_incremental = records[1][2] == "SOA" and len(records) > 2
    return not is_incremental or len(serials) % 2 == 0


class Bind(Primary):
    programs = ("named", "rndc")

    def _write_config(self):
        folder = self.folder
        key = f'key "{self.key.name}"' if self.key else ""
        if self.notify:
            to = f"{self.notify[0]} port {self.notify[1]} {key}"
        (folder / "rndc.key").write_text('key "rndc" { algorithm hmac-sha256; '
                                         f'secret "{Key().text}"; }};\n')
        who = f"{key};" if key else "127.0.0.0/8;"
        (folder / "named.conf").write_text(f"""
{self._key_statement()}
include "{folder}/rndc.key";
controls {{ inet 127.0.0.1 port {self.control_port} allow {{ 127.0.0.1; }} keys {{ "rndc"; }}; }};
{self._tls_statement()}
options {{
  directory "{folder}";
  pid-file "{folder}/named.pid";
  session-keyfile "{folder}/session.key";
  managed-keys-directory "{folder}";
  listen-on port {self.port} {{ {self.address}; }};
  listen-on-v6 {{ none; }};
  {f'listen-on port {self.tls_port} tls xot {{ {self.address}; }};' if self.tls else ''}
  recursion no;
  minimal-responses yes;
  zero-no-soa-ttl no;
  dnssec-validation no;
  empty-zones-enable no;
  notify {"explicit" if self.notify else "no"};
  notify-delay 0;
  {f"also-notify {{ {to}; }};" if self.notify else ""}
  allow-transfer {{ {who} }};
  ixfr-from-differences yes;
}};
zone "{self.zone.origin}" {{ type primary; file "{self.zone_path}"; }};
""")

    def _key_statement(self):
        if not self.key:
            return ""
        return (f'key "{self.key.name}" {{ algorithm {self.key.algorithm}; '
                f'secret "{self.key.text}"; }};')

    def _tls_statement(self):
        if not self.tls:
            return ""
        ca = f'ca-file "{self.client_ca}"; ' if self.client_ca else ""
        return (f'tls xot {{ cert-file "{self.tls[0]}"; key-file "{self.tls[1]}"; {ca}'
                "protocols { TLSv1.3; }; };")

    def _command(self):
        return ["named", "-g", "-n", "1", "-c", str(self.folder / "named.conf")]

    def _reload(self):
        self._run("rndc", "-k", str(self.folder / "rndc.key"), "-s", "127.0.0.1", "-p",
                  str(self.control_port), "reload", self.zone.origin)


class Knot(Primary):
    programs = ("knotd", "knotc")

    def _write_config(self):
        folder, key = self.folder, self.key
        keys = (f"key:\n  - id: {key.name}\n    algorithm: {key.algorithm}\n"
                f"    secret: {key.text}\n" if key else "")
        of_key = f"    key: {key.name}\n" if key else ""
        remotes, notify = "", ""
        if self.notify:
            remotes = (f"remote:\n  - id: secondary\n"
                       f"    address: {self.notify[0]}@{self.notify[1]}\n{of_key}")
            notify = "    notify: secondary\n"
        (folder / "knot.conf").write_text(f"""
server:
    rundir: {folder}
    listen: {self.address}@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    answer-rotation: off
log:
  - target: stderr
    any: info
database:
    storage: {folder}
{keys}{remotes}acl:
  - id: transfers
    address: 127.0.0.0/8
    action: transfer
{of_key}zone:
  - domain: {self.zone.origin}
    file: {self.zone_path}
    storage: {folder}
    zonefile-load: difference
    zonefile-sync: -1
    journal-content: changes
    acl: transfers
{notify}""")

    def _command(self):
        return ["knotd", "-c", str(self.folder / "knot.conf")]

    def _reload(self):
        self._run("knotc", "-s", str(self.folder / "knot.sock"), "zone-reload", self.zone.origin)


class Nsd(Primary):
    programs = ("nsd", "nsd-control")

    def _write_config(self):
        folder, key = self.folder, self.key
        name = key.name if key else "NOKEY"
        keys = (f'key:\n    name: "{key.name}"\n    algorithm: {key.algorithm}\n'
                f'    secret: "{key.text}"\n' if key else "")
        notify = (f"    notify: {self.notify[0]}@{self.notify[1]} {name}\n" if self.notify else "")
        tls = (f'    ip-address: {self.address}@{self.tls_port}\n    tls-port: {self.tls_port}\n'
               f'    tls-service-pem: "{self.tls[0]}"\n    tls-service-key: "{self.tls[1]}"\n'
               if self.tls else "")
        (folder / "nsd.conf").write_text(f"""
server:
    ip-address: {self.address}@{self.port}
{tls}    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/nsd.pid"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    zonelistfile: "{folder}/zone.list"
    xfrd-reload-timeout: 0
    minimal-responses: yes
    rrl-ratelimit: 0
remote-control:
    control-enable: yes
    control-interface: "{folder}/control"
{keys}zone:
    name: "{self.zone.origin}"
    zonefile: "{self.zone_path}"
    provide-xfr: 127.0.0.0/8 {name}
    store-ixfr: yes
    create-ixfr: yes
{notify}""")

    def _command(self):
        return ["nsd", "-d", "-c", str(self.folder / "nsd.conf")]

    def _reload(self):
        self._run("nsd-control", "-c", str(self.folder / "nsd.conf"), "reload", self.zone.origin)


class PowerDns(Primary):
    """Its bind backend; keys are in a database beside it. It answers IXFR by AXFR."""
    programs = ("pdns_server", "pdns_control", "pdnsutil")

    def _write_config(self):
        folder = self.folder
        (folder / "named.conf").write_text(
            f'zone "{self.zone.origin}" {{ type master; file "{self.zone_path}"; }};\n')
        notify = f"also-notify={self.notify[0]}:{self.notify[1]}\n" if self.notify else ""
        (folder / "pdns.conf").write_text(f"""
launch=bind
bind-config={folder}/named.conf
bind-dnssec-db={folder}/keys.sqlite3
local-address={self.address}
local-port={self.port}
primary=yes
only-notify=
{notify}allow-axfr-ips={"" if self.key else "127.0.0.0/8"}
xfr-cycle-interval=1
dname-processing=yes
socket-dir={folder}
daemon=no
guardian=no
disable-syslog=yes
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
receiver-threads=1
""")

    def _prepare(self):
        if (self.folder / "keys.sqlite3").exists():
            return
        utility = ["pdnsutil", f"--config-dir={self.folder}"]
        self._run(*utility, "create-bind-db", str(self.folder / "keys.sqlite3"))
        if self.key:
            self._run(*utility, "import-tsig-key", self.key.name, self.key.algorithm, self.key.text)
            self._run(*utility, "activate-tsig-key", self.zone.origin, self.key.name, "primary")

    def _command(self):
        return ["pdns_server", f"--config-dir={self.folder}"]

    def _reload(self):
        control = ["pdns_control", f"--config-dir={self.folder}", f"--socket-dir={self.folder}"]
        self._run(*control, "bind-reload-now", self.zone.origin)
        if self.notify:
            self._run(*control, "notify", self.zone.origin)


ALL = (Bind, Knot, Nsd, PowerDns)
