"""TSIG (RFC 8945) as dnspython and BIND's dig see it: signed queries get signed answers."""

import base64
import hashlib
import hmac
import http.client
import os
import re
import shutil
import socket
import struct
import subprocess
import time

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.tsig
import pytest
import servers

_SECRET = bytes(range(64))
_ALGORITHMS = ["hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]
_FULL_NAMES = {"hmac-md5": "hmac-md5.sig-alg.reg.int"}


def _key_name(algorithm):
    return f"{algorithm}.keys.example."


def _strings(octets):
    return " ".join(f'"{"x" * min(250, octets - at)}"' for at in range(0, octets, 250))


def _zone():
    lines = ["$ORIGIN example.", "$TTL 300", "@ SOA ns root 1 7200 900 1209600 600", "@ NS ns",
             "ns A 192.0.2.1", "www A 192.0.2.2"]
    lines += [f"t{octets} TXT {_strings(octets)}"
              for octets in (*range(300, 500, 5), *range(900, 1200, 5))]
    lines.append(f"big TXT {_strings(60000)}")
    return "\n".join(lines) + "\n"


def _keys(algorithms):
    entries = []
    for algorithm in algorithms:
        weak = ", allow_weak: true" if algorithm in ("hmac-md5", "hmac-sha1") else ""
        entries.append(f"  - {{ name: {_key_name(algorithm)}, algorithm: {algorithm}, "
                       f"secret_file: secret{weak} }}")
    return "\n".join(entries)


class _Site:
    """hitherd with a configuration that may change."""

    def __init__(self, folder):
        self.folder = folder
        self.port = servers.free_port()
        self.admin = f"127.0.0.1:{servers.free_port()}"
        (folder / "example.zone").write_text(_zone())
        self.write_secret(_SECRET)
        self.write(_keys(_ALGORITHMS))
        self.server = servers.start_hitherd_with_config(
            folder, self.config, {"example.": None}, "127.0.0.1", self.port, self.admin)

    @property
    def config(self):
        return self.folder / "hither.yaml"

    def write_secret(self, secret, mode=0o600):
        path = self.folder / "secret"
        path.write_text(base64.b64encode(secret).decode() + "\n")
        path.chmod(mode)

    def write(self, keys):
        self.config.write_text(f"""
listen: ["127.0.0.1:{self.port}"]
workers: 2
user: root
admin: {{ listen: "{self.admin}" }}
keys:
{keys}
zones: [{{ name: example, file: example.zone }}]
""")

    def metric(self, sample):
        connection = http.client.HTTPConnection(self.admin, timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        return int(re.search(rf"^{re.escape(sample)} (\d+)$", text, re.MULTILINE)[1])


@pytest.fixture(scope="module")
def site(hitherd, make_folder):
    site = _Site(make_folder("tsig"))
    yield site
    assert site.server.stop() == 0


def _key(algorithm="hmac-sha256", secret=_SECRET, name=None):
    full = _FULL_NAMES.get(algorithm, algorithm)
    return dns.tsig.Key(dns.name.from_text(name or _key_name(algorithm)), secret,
                        dns.name.from_text(full))


def _query(name, rdtype, key, **facts):
    query = dns.message.make_query(name, rdtype, **facts)
    query.use_tsig(key)
    return query


def _ask(site, query, transport="udp"):
    """The answer; dnspython raises if its TSIG is missing or wrong."""
    ask = {"udp": dns.query.udp, "tcp": dns.query.tcp}[transport]
    return ask(query, "127.0.0.1", timeout=10, port=site.port)


def _exchange(site, octets):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        udp.connect(("127.0.0.1", site.port))
        udp.send(octets)
        return udp.recv(65535)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("algorithm", _ALGORITHMS)
def test_every_algorithm(site, algorithm, transport):
    good = site.metric('hither_tsig_total{result="good"}')
    for facts in ({}, {"use_edns": 0, "want_dnssec": True}):
        answer = _ask(site, _query("www.example.", "A", _key(algorithm), **facts), transport)
        assert answer.had_tsig and answer.rcode() == dns.rcode.NOERROR
        assert answer.answer[0][0].address == "192.0.2.2"
    assert site.metric('hither_tsig_total{result="good"}') == good + 2


@pytest.mark.parametrize("question, rcode", [
    (("no.example.", "A"), dns.rcode.NXDOMAIN), (("example.org.", "A"), dns.rcode.REFUSED),
    (("example.", "AXFR"), dns.rcode.REFUSED)])
def test_negative_answers_are_signed(site, question, rcode):
    query = _query(*question, _key())
    octets = dns.message.from_wire(_exchange(site, query.to_wire()), keyring=query.keyring,
                                   request_mac=query.mac)
    assert octets.had_tsig and octets.rcode() == rcode


def test_many_signed_queries_over_one_connection(site):
    queries = [_query(f"t{octets}.example.", "TXT", _key()) for octets in range(300, 500, 5)]
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as tcp:
        for query in queries:
            wire = query.to_wire()
            tcp.sendall(struct.pack(">H", len(wire)) + wire)
        for query in queries:
            answer, _ = dns.query.receive_tcp(tcp, time.time() + 10, keyring=query.keyring,
                                              request_mac=query.mac)
            assert answer.id == query.id and answer.had_tsig and answer.answer


def test_unknown_key(site):
    with pytest.raises(dns.tsig.PeerBadKey):
        _ask(site, _query("www.example.", "A", _key(name="other.example.")))
    assert site.metric('hither_tsig_total{result="badkey"}') > 0


def test_algorithm_of_another_key(site):
    with pytest.raises(dns.tsig.PeerBadKey):
        _ask(site, _query("www.example.", "A",
                          _key("hmac-sha512", name=_key_name("hmac-sha256"))))


def test_wrong_secret(site):
    with pytest.raises(dns.tsig.PeerBadSignature):
        _ask(site, _query("www.example.", "A", _key(secret=b"x" * 32)))
    assert site.metric('hither_tsig_total{result="badsig"}') > 0


@pytest.mark.parametrize("late", [-400, 400])
def test_wrong_time(site, monkeypatch, late):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + late)
    query = _query("www.example.", "A", _key())
    octets = query.to_wire()
    monkeypatch.undo()
    answer = _exchange(site, octets)
    with pytest.raises(dns.tsig.PeerBadTime):
        dns.message.from_wire(answer, keyring=query.keyring, request_mac=query.mac)
    other = answer[-6:]
    assert abs(int.from_bytes(other, "big") - now) < 60


def _signed_octets(key):
    query = _query("www.example.", "A", key)
    return query.to_wire(), query


def test_truncated_mac_is_refused(site):
    octets, query = _signed_octets(_key())
    head, tail = octets[:-6], octets[-6:]  # The MAC; original ID, error, other size.
    short = bytearray(head[:-16] + tail)
    mac_size = len(head) - 32 - 2
    short[mac_size:mac_size + 2] = struct.pack(">H", 16)
    length = mac_size - 8 - len(dns.name.from_text("hmac-sha256.").to_wire()) - 2
    short[length:length + 2] = struct.pack(">H", struct.unpack_from(">H", short, length)[0] - 16)
    answer = _exchange(site, bytes(short))
    with pytest.raises(dns.tsig.PeerBadTruncation):
        dns.message.from_wire(answer, keyring=query.keyring, request_mac=query.mac[:16])
    assert site.metric('hither_tsig_total{result="badtrunc"}') > 0


def _rcode(octets):
    return octets[3] & 15


def _wire(name):
    return dns.name.from_text(name).to_wire()


_NAME = "hmac-sha256.keys.example."


def _hand_signed(question=b"\3www\7example\0\0\1\0\1", *, key=_NAME, owner=None, secret=_SECRET,
                 algorithm="hmac-sha256.", klass=255, ttl=0, late=0, fudge=300, error=0, other=b"",
                 original_id=0x1234, mac=None, after=b""):
    """A query with a TSIG, written without a library: (octets, MAC, time signed)."""
    head = struct.pack(">HHHHHH", original_id, 0, 1, 0, 0, 0) + question
    when = int(time.time()) - late
    time_and_fudge = struct.pack(">HIH", when >> 32, when & 0xffffffff, fudge)
    end = struct.pack(">HH", error, len(other)) + other
    if mac is None:
        variables = (_wire(key.lower()) + struct.pack(">HI", 255, 0) + _wire(algorithm.lower()) +
                     time_and_fudge + end)
        mac = hmac.new(secret, head + variables, hashlib.sha256).digest()
    rdata = (_wire(algorithm) + time_and_fudge + struct.pack(">H", len(mac)) + mac +
             struct.pack(">H", original_id) + end)
    record = (owner or _wire(key)) + struct.pack(">HHIH", 250, klass, ttl, len(rdata)) + rdata
    head = head[:10] + b"\0\1" + head[12:]
    return head + record + after, mac, when


def _answer_without_tsig(octets, rcode):
    """What the response to `octets` must be before its TSIG: header and question."""
    question = octets[12:12 + len(b"\3www\7example\0") + 4]
    return octets[:2] + struct.pack(">HHHHH", 0x8000 | rcode, 1, 0, 0, 0) + question


def _u48(number):
    return struct.pack(">HI", number >> 32, number & 0xffffffff)


@pytest.mark.parametrize("how, error", [
    ({"key": "other.example."}, 17), ({"algorithm": "hmac-sha512."}, 17),
    ({"secret": b"x" * 32}, 16), ({"mac": b"x" * 32}, 16)])
def test_badkey_and_badsig_octet_by_octet(site, how, error):
    """RFC 8945 §5.3.2: the TSIG of the query, without a MAC and with the error."""
    octets, _, when = _hand_signed(**how)
    algorithm = how.get("algorithm", "hmac-sha256.")
    rdata = (_wire(algorithm) + _u48(when) + struct.pack(">HH", 300, 0) +
             struct.pack(">HHH", 0x1234, error, 0))
    plain = _answer_without_tsig(octets, 9)
    expected = (plain[:10] + b"\0\1" + plain[12:] + _wire(how.get("key", _NAME)) +
                struct.pack(">HHIH", 250, 255, 0, len(rdata)) + rdata)
    assert _exchange(site, octets) == expected


@pytest.mark.parametrize("late, fudge", [(400, 300), (-400, 300), (100, 50), (1, 0)])
def test_badtime_octet_by_octet(site, late, fudge):
    """RFC 8945 §5.2.3: signed, with the client's time, and ours in the other data."""
    octets, mac, when = _hand_signed(late=late, fudge=fudge)
    answer = _exchange(site, octets)
    ours = int.from_bytes(answer[-6:], "big")
    assert abs(ours - time.time()) < 60
    end = struct.pack(">HH", 18, 6) + _u48(ours)
    time_and_fudge = _u48(when) + struct.pack(">H", 300)
    plain = _answer_without_tsig(octets, 9)
    variables = _wire(_NAME) + struct.pack(">HI", 255, 0) + _wire("hmac-sha256.")
    digest = hmac.new(_SECRET, struct.pack(">H", len(mac)) + mac + plain + variables +
                      time_and_fudge + end, hashlib.sha256).digest()
    rdata = (_wire("hmac-sha256.") + time_and_fudge + struct.pack(">H", 32) + digest +
             struct.pack(">H", 0x1234) + end)
    assert answer == (plain[:10] + b"\0\1" + plain[12:] + _wire(_NAME) +
                      struct.pack(">HHIH", 250, 255, 0, len(rdata)) + rdata)


@pytest.mark.parametrize("how, rcode", [
    ({}, dns.rcode.NOERROR),
    ({"late": 299}, dns.rcode.NOERROR), ({"late": -200}, dns.rcode.NOERROR),
    ({"fudge": 65535, "late": 60000}, dns.rcode.NOERROR),
    # A request's error and other data mean nothing, but the MAC covers them.
    ({"error": 5, "other": b"abcdef"}, dns.rcode.NOERROR),
    ({"key": "HMAC-sha256.KEYS.example."}, dns.rcode.NOERROR),
    ({"algorithm": "HMAC-SHA256."}, dns.rcode.NOERROR),
    # The key's name ends with the question's, to which a pointer leads: BIND compresses it.
    ({"owner": b"\x0bhmac-sha256\4keys\xc0\x10"}, dns.rcode.NOERROR),
    ({"owner": b"\x0bHMAC-sha256\4keys\xc0\x10"}, dns.rcode.NOERROR),
    ({"owner": b"\x0bhmac-sha256\4keys\xc0\xff"}, dns.rcode.FORMERR),  # Forwards.
    # RFC 8945 §4.2: class ANY and TTL 0.
    ({"klass": 1}, dns.rcode.FORMERR), ({"ttl": 1}, dns.rcode.FORMERR),
    # §5.2.2.1: fewer octets than half of the hash's, none, more than all.
    ({"mac": b"x" * 15}, dns.rcode.FORMERR), ({"mac": b""}, dns.rcode.FORMERR),
    ({"mac": b"x" * 33}, dns.rcode.FORMERR), ({"after": b"\0"}, dns.rcode.FORMERR)])
def test_what_a_tsig_may_be(site, how, rcode):
    octets, _, _ = _hand_signed(**how)
    answer = _exchange(site, octets)
    assert _rcode(answer) == rcode
    has_tsig = answer[10:12] != b"\0\0"
    assert has_tsig == (rcode != dns.rcode.FORMERR)


@pytest.mark.parametrize("size", [512, 1232])
@pytest.mark.parametrize("algorithm", ["hmac-md5", "hmac-sha512"])
def test_room_beside_edns(site, algorithm, size):
    """RFC 8945 §5.3: the TSIG counts, and without room for both there is TC and no answer."""
    whole = 0
    for octets in (*range(300, 500, 5), *range(900, 1200, 5)):
        query = _query(f"t{octets}.example.", "TXT", _key(algorithm), use_edns=0, payload=size)
        reply = _exchange(site, query.to_wire())
        assert len(reply) <= size
        answer = dns.message.from_wire(reply, keyring=query.keyring, request_mac=query.mac)
        assert answer.had_tsig and answer.edns == 0 and answer.rcode() == dns.rcode.NOERROR
        assert bool(answer.flags & dns.flags.TC) != bool(answer.answer)
        whole += bool(answer.answer)
    assert 0 < whole < 100


def test_good_and_bad_signatures_side_by_side(site):
    """A batch and a connection: no query gets another one's key, error or MAC."""
    queries = []
    for i in range(60):
        algorithm = _ALGORITHMS[i % len(_ALGORITHMS)]
        secret = b"w" * 32 if i % 5 == 0 else _SECRET
        query = (dns.message.make_query("www.example.", "A") if i % 7 == 0
                 else _query("www.example.", "A", _key(algorithm, secret)))
        queries.append((query, i % 7 == 0, i % 5 == 0))
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as tcp:
        wires = [query.to_wire() for query, _, _ in queries]
        tcp.sendall(b"".join(struct.pack(">H", len(wire)) + wire for wire in wires))
        for query, is_plain, is_bad in queries:
            context = {} if is_plain else {"keyring": query.keyring, "request_mac": query.mac}
            if is_bad and not is_plain:
                with pytest.raises(dns.tsig.PeerBadSignature):
                    dns.query.receive_tcp(tcp, time.time() + 10, **context)
                continue
            answer, _ = dns.query.receive_tcp(tcp, time.time() + 10, **context)
            assert answer.id == query.id and answer.had_tsig != is_plain and answer.answer


def test_tsig_that_is_not_last(site):
    octets, _ = _signed_octets(_key())
    opt = b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0)
    octets = octets[:10] + b"\0\2" + octets[12:] + opt
    assert _rcode(_exchange(site, octets)) == dns.rcode.FORMERR


def test_two_tsigs(site):
    octets, query = _signed_octets(_key())
    plain = len(dns.message.make_query("www.example.", "A").to_wire())
    octets = octets[:10] + b"\0\2" + octets[12:] + octets[plain:]
    assert _rcode(_exchange(site, octets)) == dns.rcode.FORMERR


@pytest.mark.parametrize("algorithm", ["hmac-md5", "hmac-sha512"])
def test_answers_near_the_limit_are_truncated(site, algorithm):
    truncated = 0
    for octets in range(300, 500, 5):
        query = _query(f"t{octets}.example.", "TXT", _key(algorithm))
        reply = _exchange(site, query.to_wire())
        assert len(reply) <= 512
        answer = dns.message.from_wire(reply, keyring=query.keyring, request_mac=query.mac)
        assert answer.had_tsig
        is_cut = bool(answer.flags & dns.flags.TC)
        assert is_cut != bool(answer.answer)
        truncated += is_cut
    assert 0 < truncated < 40


def test_large_answer_over_tcp(site):
    answer = _ask(site, _query("big.example.", "TXT", _key("hmac-sha512")), "tcp")
    assert len(b"".join(answer.answer[0][0].strings)) == 60000


def _dig(site, *arguments):
    dig = shutil.which("dig")
    if dig is None:
        pytest.skip("dig is missing; install bind9-dnsutils")
    ran = subprocess.run([dig, "@127.0.0.1", "-p", str(site.port), "+tries=1", "+time=5", "+norec",
                          *arguments], capture_output=True, text=True, timeout=60)
    return ran.stdout + ran.stderr


@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
@pytest.mark.parametrize("algorithm", _ALGORITHMS)
def test_dig(site, algorithm, transport):
    key = f"{algorithm}:{_key_name(algorithm)}:{base64.b64encode(_SECRET).decode()}"
    text = _dig(site, "-y", key, transport, "www.example.", "A")
    assert "192.0.2.2" in text and "TSIG PSEUDOSECTION" in text
    assert "Couldn't verify" not in text and "WARNING" not in text
    # The key is below the question's name here: dig may compress it.
    assert "NOERROR" in _dig(site, "-y", key, transport, "example.", "SOA")


def _run(program, *arguments, typed=None):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is missing")
    ran = subprocess.run([program, *arguments], input=typed, capture_output=True, text=True,
                         timeout=60)
    return ran.stdout + ran.stderr


@pytest.mark.parametrize("algorithm", _ALGORITHMS)
def test_kdig(site, algorithm):
    secret = base64.b64encode(_SECRET).decode()
    for transport in ("+notcp", "+tcp"):
        text = _run("kdig", "@127.0.0.1", "-p", str(site.port), "-y",
                    f"{algorithm}:{_key_name(algorithm)}:{secret}", transport, "www.example.", "A")
        assert "192.0.2.2" in text and "TSIG PSEUDOSECTION" in text
        assert ";; WARNING" not in text and ";; ERROR" not in text


def test_updates_are_refused_and_signed(site):
    key = f"hmac-sha256:{_NAME}:{base64.b64encode(_SECRET).decode()}"
    text = _run("nsupdate", "-d", "-y", key,
                typed=f"server 127.0.0.1 {site.port}\nzone example.\nprereq nxdomain new.example.\n"
                      "update add new.example. 300 A 192.0.2.9\nsend\n")
    reply = text[text.index("Reply from update query"):]
    assert "status: REFUSED" in reply and "TSIG PSEUDOSECTION" in reply
    assert "verify failure" not in text


def test_dig_with_the_wrong_secret(site):
    key = f"hmac-sha256:{_key_name('hmac-sha256')}:{base64.b64encode(b'y' * 32).decode()}"
    text = _dig(site, "-y", key, "www.example.", "A")
    assert "NOTAUTH" in text and "BADSIG" in text.upper()


def test_a_reload_takes_new_keys(hitherd, hither, make_folder):
    site = _Site(make_folder("reload"))
    try:
        assert _ask(site, _query("www.example.", "A", _key())).had_tsig
        # An open secret: the reload fails and changes nothing.
        site.write_secret(b"z" * 32, mode=0o644)
        ran = servers.run_hither("reload", "--admin", site.admin)
        assert ran.returncode == 1 and "set its mode to 640 or 600" in ran.stdout + ran.stderr
        assert _ask(site, _query("www.example.", "A", _key())).had_tsig
        site.write_secret(b"z" * 32)
        site.write(_keys(["hmac-sha256"]))
        ran = servers.run_hither("reload", "--admin", site.admin)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "restart" not in ran.stdout
        with pytest.raises(dns.tsig.PeerBadSignature):
            _ask(site, _query("www.example.", "A", _key()))
        with pytest.raises(dns.tsig.PeerBadKey):
            _ask(site, _query("www.example.", "A", _key("hmac-sha512")))
        assert _ask(site, _query("www.example.", "A", _key(secret=b"z" * 32))).had_tsig
    finally:
        assert site.server.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_secrets_are_read_again_after_privileges_are_dropped(hitherd, hither, make_folder):
    """Of root alone, mode 600: the default user keeps the privilege to read them."""
    folder = make_folder("privileges")
    site = _Site(folder)
    assert site.server.stop() == 0
    folder.chmod(0o755)
    site.config.write_text(site.config.read_text().replace("user: root\n", ""))
    server = servers.start_hitherd_with_config(folder, site.config, {"example.": None},
                                               "127.0.0.1", site.port, site.admin)
    try:
        assert server.status_field("Uid")[0] != "0"
        site.write_secret(b"w" * 32)
        ran = servers.run_hither("reload", "--admin", site.admin)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert _ask(site, _query("www.example.", "A", _key(secret=b"w" * 32))).had_tsig
    finally:
        assert server.stop() == 0
