"""The primaries of these tests as dig and dnspython see them, without hitherd: what fails here is a
fault of primaries.py or of the installation."""

import select
import shutil
import socket
import ssl
import struct
import subprocess

import dns.message
import dns.opcode
import dns.xfr
import pytest

import certificates
import primaries
import servers

_BODY = "@ NS ns1\nns1 A 192.0.2.1\nwww A 192.0.2.2\n*.wild TXT \"one\"\n"
_ADDED = _BODY + "new A 192.0.2.3\n"


def _dig(primary, *arguments):
    dig = shutil.which("dig")
    if not dig:
        pytest.skip("dig is missing; install bind9-dnsutils")
    key = primary.key
    signed = ["-y", f"{key.algorithm}:{key.name}:{key.text}"] if key else []
    return subprocess.run([dig, f"@{primary.address}", "-p", str(primary.port), "+noall", "+answer",
                           "+comments", "+onesoa", *signed, primary.zone.origin, *arguments],
                          capture_output=True, text=True, timeout=30).stdout


@pytest.mark.parametrize("key", [None, primaries.Key()], ids=["unsigned", "signed"])
@pytest.mark.parametrize("kind", primaries.ALL, ids=lambda kind: kind.__name__)
def test_transfers(start_primary, kind, key):
    primary = start_primary(kind, primaries.Zone(_BODY), key=key)
    assert len(primary.records()) == 5
    assert "www.example." in _dig(primary, "AXFR")
    primary.change(lambda body: body + "new A 192.0.2.3\n")
    assert len(primary.records()) == 6
    steps = primary.transfer(serial=1)
    if kind is primaries.PowerDns:
        assert len(steps) == 7
    else:
        assert [record[2] for record in steps] == ["SOA", "SOA", "SOA", "A", "SOA"]
        assert "new.example." in _dig(primary, "IXFR=1")
    assert len(primary.transfer(serial=2)) == 1
    if key:
        with pytest.raises((dns.xfr.TransferError, EOFError)):
            primary.transfer(key=None)


def test_nsd_adds_what_is_there(start_primary):
    """NSD 4.6: an owner's second RRset is among the additions, though nobody has changed it. What
    takes its IXFR must accept an addition that changes nothing."""
    primary = start_primary(primaries.Nsd, primaries.Zone(_BODY + "www AAAA 2001:db8::1\n"))
    primary.change(lambda body: body + "new A 192.0.2.3\n")
    added = [record[0] for record in primary.transfer(serial=1)[3:-1]]
    assert set(added) in ({"new.example."}, {"new.example.", "www.example."})


class _NotifyListener:
    """Takes NOTIFYs over UDP and, as Knot sends them, over TCP; answers each."""

    def __init__(self):
        self.address = (servers.LOOPBACK, servers.free_port())
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(self.address)
        self._tcp = socket.create_server(self.address)

    def next(self, keyring):
        ready, _, _ = select.select([self._udp, self._tcp], [], [], 20)
        assert ready, "no NOTIFY came"
        if self._udp in ready:
            octets, sender = self._udp.recvfrom(65535)
            message = dns.message.from_wire(octets, keyring=keyring)
            self._udp.sendto(dns.message.make_response(message).to_wire(), sender)
            return message
        with self._tcp.accept()[0] as connection:
            size = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))[0]
            octets = connection.recv(size, socket.MSG_WAITALL)
            message = dns.message.from_wire(octets, keyring=keyring)
            response = dns.message.make_response(message).to_wire()
            connection.sendall(struct.pack(">H", len(response)) + response)
            return message

    def close(self):
        self._udp.close()
        self._tcp.close()


@pytest.fixture
def listener():
    made = _NotifyListener()
    yield made
    made.close()


@pytest.mark.parametrize("key", [None, primaries.Key()], ids=["unsigned", "signed"])
@pytest.mark.parametrize("kind", primaries.ALL, ids=lambda kind: kind.__name__)
def test_notifies(start_primary, listener, kind, key):
    primary = start_primary(kind, primaries.Zone(_BODY), key=key, notify=listener.address)
    primary.change(_ADDED)
    for _ in range(20):  # The first ones may be of the start, with serial 1.
        message = listener.next(key.for_dns() if key else None)
        assert message.opcode() == dns.opcode.NOTIFY and message.had_tsig == bool(key)
        if not message.answer or message.answer[0][0].serial == 2:
            return
    pytest.fail("no NOTIFY of serial 2 came")


@pytest.mark.parametrize("kind", primaries.ALL, ids=lambda kind: kind.__name__)
def test_starts_again(start_primary, kind):
    primary = start_primary(kind, primaries.Zone(_BODY))
    primary.stop()
    assert primary.soa_serial() is None
    primary.change(_ADDED)
    primary.start()
    assert len(primary.records()) == 6


def _tls_context(protocols):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(protocols)
    return context


@pytest.mark.parametrize("kind, protocol", [(primaries.Bind, "dot"), (primaries.Nsd, None)],
                         ids=["Bind", "Nsd"])
def test_xot(start_primary, make_folder, kind, protocol):
    identity = certificates.make(make_folder("tls"), "primary.example")
    primary = start_primary(kind, primaries.Zone(_BODY), tls=identity.paths)
    context = _tls_context(["dot"])
    assert len(primary.transfer(tls=context)) == 6
    with socket.create_connection((primary.address, primary.tls_port), timeout=10) as tcp:
        assert context.wrap_socket(tcp).selected_alpn_protocol() == protocol
