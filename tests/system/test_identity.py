"""Which site and node answered, with which zone: NSID, CHAOS names, zone versions (RFC 9660)."""

import struct
import subprocess

import pytest
import servers
import wire

_NSID, _KEEPALIVE, _EDE, _ZONEVERSION = 3, 11, 15, 19
_SERIAL = 2026112301
_ZONE = f"""\
$ORIGIN example.
@   300 SOA ns1 root {_SERIAL} 7200 900 1209600 600
@   300 NS  ns1
ns1 300 A   192.0.2.1
"""


@pytest.fixture(scope="module")
def config_text(make_folder):
    folder = make_folder("zone")
    (folder / "example.zone").write_text(_ZONE)
    (folder / "deep.zone").write_text(_ZONE.replace("ORIGIN example.", "ORIGIN deep.example."))

    def text(port, version):
        return f"""\
identity: {{ site: fra1, node: ns2, nsid: "{{node}}.{{site}}.example.net" }}
listen: ["127.0.0.1:{port}"]
workers: 1
admin: {{ listen: none }}
version: "{version}"
zones:
  - {{ name: example, file: {folder}/example.zone }}
  - {{ name: deep.example, file: {folder}/deep.zone }}
"""
    return text


def _start(make_folder, config_text, version):
    folder, port = make_folder("hitherd"), servers.free_port()
    (folder / "hither.yaml").write_text(config_text(port, version))
    return servers.start_hitherd_with_config(folder, folder / "hither.yaml", {"example.": ""},
                                             servers.LOOPBACK, port)


@pytest.fixture(scope="module")
def server(hitherd, make_folder, config_text):
    server = _start(make_folder, config_text, "Hither test")
    yield server
    server.stop()


def _options(server, options, transport="udp", name="example."):
    answer = server.ask(name, wire.SOA, transport, edns=(1232, 0), options=options)
    return dict(answer.edns.options)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_nsid_only_on_request(server, transport):
    assert _options(server, wire.option(_NSID), transport)[_NSID] == b"ns2.fra1.example.net"
    assert _NSID not in _options(server, b"", transport)


def test_dig_shows_the_nsid(server):
    dug = subprocess.run(["dig", "+nsid", f"@{server.address}", "-p", str(server.port),
                          "example.", "SOA"], capture_output=True, text=True, timeout=20)
    assert '("ns2.fra1.example.net")' in dug.stdout
    assert "status: NOERROR" in dug.stdout


@pytest.mark.parametrize("name", ["id.server.", "hostname.bind.", "ID.Server."])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_chaos_tells_the_same_identity(server, name, transport):
    answer = server.ask(name, wire.TXT, transport, klass=wire.CH)
    assert answer.rcode == wire.NOERROR
    assert [(r.type, r.klass, r.rdata) for r in answer.answer] == [
        (wire.TXT, wire.CH, b"\x14ns2.fra1.example.net")]


@pytest.mark.parametrize("name", ["version.server.", "version.bind."])
def test_chaos_tells_the_version(server, name):
    answer = server.ask(name, wire.TXT, klass=wire.CH)
    assert [r.rdata for r in answer.answer] == [b"\x0bHither test"]


@pytest.mark.parametrize("name", ["example.", "authors.bind.", "a.id.server.", "."])
def test_chaos_knows_no_other_name(server, name):
    answer = server.ask(name, wire.TXT, klass=wire.CH)
    assert answer.rcode == wire.REFUSED and not answer.answer


def test_the_version_can_be_hidden(hitherd, make_folder, config_text):
    server = _start(make_folder, config_text, "hidden")
    try:
        assert server.ask("version.bind.", wire.TXT, klass=wire.CH).rcode == wire.REFUSED
        assert server.ask("id.server.", wire.TXT, klass=wire.CH).rcode == wire.NOERROR
    finally:
        server.stop()


@pytest.mark.parametrize("name, labels", [
    ("example.", 1), ("none.example.", 1), ("deep.example.", 2), ("none.deep.example.", 2)])
def test_zone_version(server, name, labels):
    told = _options(server, wire.option(_ZONEVERSION), name=name)[_ZONEVERSION]
    assert told == struct.pack(">BBI", labels, 0, _SERIAL)


def test_no_zone_version_outside_of_zones(server):
    assert _ZONEVERSION not in _options(server, wire.option(_ZONEVERSION), name="example.net.")


def test_refusals_say_why(server):
    told = _options(server, b"", name="example.net.")[_EDE]
    assert told[:2] == struct.pack(">H", 20)  # Not Authoritative, RFC 8914 §4.21.


def test_keepalive_over_tcp_only(server):
    """RFC 7828: the idle time in units of 100 ms, for clients that ask."""
    told = _options(server, wire.option(_KEEPALIVE), "tcp")[_KEEPALIVE]
    assert struct.unpack(">H", told)[0] > 0
    assert _KEEPALIVE not in _options(server, b"", "tcp")
    assert _KEEPALIVE not in _options(server, wire.option(_KEEPALIVE), "udp")
