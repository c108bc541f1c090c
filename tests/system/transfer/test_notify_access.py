"""Who may send NOTIFYs: address, key and transport together (RFC 1996, RFC 8945)."""

import base64
import socket
import struct
import subprocess

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.tsig
import pytest
import servers
from secondary import Secondary

_SECRETS = {"k1.example": b"1" * 32, "k2.example": b"2" * 32}
_ZONE = "example."

# Of the zone with rules: who, beside the table's columns.
#   127.0.0.1  a primary with no rule of its own: may do everything
#   127.0.0.2  a primary that must sign with k1
#   127.0.0.3  a primary that must use TCP
#   127.0.0.4  no primary: with k2 over UDP alone
#   127.0.0.5  denied, although it is in the network of the next rule
#   127.0.0.6  in that network: any key
#   127.0.0.7  a stranger
_RULES = """
      - { primary: p2, key: k1.example }
      - { primary: p2, deny: true }
      - { primary: p3, transport: udp, deny: true }
      - { prefix: [127.0.0.4, "2001:db8::/32"], key: k2.example, transport: udp }
      - { prefix: 127.0.0.5, deny: true }
      - { prefix: 127.0.0.4/30, key: any, transport: [udp, tcp] }
      - { prefix: 127.0.0.7, key: none, deny: true }
"""

_O, _R = "NOERROR", "REFUSED"
# 127.0.0.x: (unsigned, k1, k2) over UDP, then over TCP.
_TABLE = {
    1: ((_O, _O, _O), (_O, _O, _O)),
    2: ((_R, _O, _R), (_R, _O, _R)),
    3: ((_R, _R, _R), (_O, _O, _O)),
    4: ((_R, _O, _O), (_R, _O, _O)),
    5: ((_R, _R, _R), (_R, _R, _R)),
    6: ((_R, _O, _O), (_R, _O, _O)),
    7: ((_R, _O, _O), (_R, _O, _O)),
    8: ((_R, _R, _R), (_R, _R, _R)),
}


@pytest.fixture(scope="module")
def site(hitherd, make_folder):
    made = Secondary(make_folder("notify"))
    made.origin = _ZONE
    keys = "".join(f"  - {{ name: {name}, secret: {base64.b64encode(secret).decode()} }}\n"
                   for name, secret in _SECRETS.items())
    # Nobody answers at port 9 of the primaries; they only notify.
    primaries = "".join(f'  - {{ name: p{i}, address: "127.0.0.{i}:9" }}\n' for i in (1, 2, 3))
    (made.folder / "hither.yaml").write_text(f"""
listen: ["{made.address}:{made.port}"]
workers: 1
user: root
admin: {{ listen: "{made.admin}" }}
state_dir: state
keys:
{keys}primaries:
{primaries}zones:
  - name: {_ZONE}
    primaries: [p1, p2, p3]
    notify_from: {_RULES}
  - {{ name: plain.example, primaries: [p2] }}
  - {{ name: filed.example, file: filed.zone }}
""")
    (made.folder / "filed.zone").write_text("@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.\n")
    (made.folder / "hither.yaml").chmod(0o600)
    made.start()
    yield made
    assert made.stop() == 0


def _notify(zone=_ZONE, key=None, secret=None):
    message = dns.message.make_query(zone, "SOA", flags=dns.flags.AA)
    message.set_opcode(dns.opcode.NOTIFY)
    if key:
        message.use_tsig(dns.tsig.Key(dns.name.from_text(key), secret or _SECRETS[key]))
    return message


def _exchange(site, source, transport, octets):
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as connection:
        connection.settimeout(10)
        connection.bind((source, 0))
        connection.connect((site.address, site.port))
        if transport == "udp":
            connection.send(octets)
            return connection.recv(65535)
        connection.sendall(struct.pack(">H", len(octets)) + octets)
        return _read_message(connection)


def _read_message(connection):
    data = b""
    while len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
        part = connection.recv(65535)
        assert part, "the connection was closed"
        data += part
    return data[2:]


def _ask(site, source, transport, message):
    octets = _exchange(site, source, transport, message.to_wire())
    answer = dns.message.from_wire(octets, keyring=message.keyring, request_mac=message.mac)
    assert answer.opcode() == dns.opcode.NOTIFY and answer.id == message.id
    assert answer.had_tsig == bool(message.keyring), "RFC 8945 §5.3: what is signed is answered so"
    return dns.rcode.to_text(answer.rcode())


@pytest.mark.parametrize("host", _TABLE)
def test_table(site, host):
    got = tuple(tuple(_ask(site, f"127.0.0.{host}", transport, _notify(key=key))
                      for key in (None, *_SECRETS)) for transport in ("udp", "tcp"))
    assert got == _TABLE[host]


@pytest.mark.parametrize("host, wanted", [(1, _R), (2, _O), (3, _R)])
def test_a_zone_without_rules_takes_its_own_primaries_alone(site, host, wanted):
    assert _ask(site, f"127.0.0.{host}", "udp", _notify("plain.example")) == wanted


def test_the_log_has_one_refusal_a_minute(site):
    """RFC 1996 §3.10; and a stranger cannot fill the disk."""
    for _ in range(3):
        assert _ask(site, "127.0.0.8", "tcp", _notify()) == _R
    lines = [line for line in site.server.log().splitlines() if "refused a NOTIFY from" in line]
    assert len(lines) == 1 and "zone " in lines[0] and " over " in lines[0]


def test_another_zone_is_not_ours(site):
    assert _ask(site, "127.0.0.1", "udp", _notify("other.example")) == "NOTAUTH"
    assert _ask(site, "127.0.0.1", "udp", _notify("www.example")) == "NOTAUTH"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_zone_from_a_file_has_no_primaries(site, transport):
    before = site.metric('hither_notify_total{result="taken"}')
    assert _ask(site, "127.0.0.1", transport, _notify("filed.example")) == _R
    assert site.metric('hither_notify_total{result="taken"}') == before


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("key, secret, error", [
    ("k3.example", b"3" * 32, dns.tsig.PeerBadKey),
    ("k1.example", b"3" * 32, dns.tsig.PeerBadSignature)])
def test_a_wrong_signature_is_worse_than_none(site, transport, key, secret, error):
    """NOTAUTH with the TSIG error, even from a primary that need not sign (RFC 8945 §5.2)."""
    before = site.metric('hither_notify_total{result="taken"}')
    message = _notify(key=key, secret=secret)
    octets = _exchange(site, "127.0.0.1", transport, message.to_wire())
    assert octets[3] & 15 == dns.rcode.NOTAUTH
    with pytest.raises(error):
        dns.message.from_wire(octets, keyring=message.keyring, request_mac=message.mac)
    assert site.metric('hither_notify_total{result="taken"}') == before


@pytest.mark.parametrize("rule, words", [
    ("{ primary: p1, transport: tls }", "no NOTIFYs over TLS yet"),
    ('{ primary: p1, pin: "sha256/x" }', "no NOTIFYs over TLS yet; use 'key'"),
    ("{ primary: p1, key: k3.example }", "there is no key 'k3.example'")])
def test_what_cannot_be_used_is_an_error_with_its_line(hitherd, site, rule, words):
    text = (site.folder / "hither.yaml").read_text()
    wrong = site.folder / "wrong.yaml"
    wrong.write_text(text.replace("- { prefix: 127.0.0.5, deny: true }", f"- {rule}"))
    wrong.chmod(0o600)
    line = wrong.read_text().split("\n").index(f"      - {rule}") + 1
    ran = subprocess.run([servers.hitherd_path(), "--config", str(wrong), "--check"],
                         capture_output=True, text=True, timeout=30)
    assert ran.returncode == 2
    assert f"wrong.yaml:{line}: " in ran.stderr and words in ran.stderr
