"""A primary that does as it is told: honest at first, hostile once `behave` is set.

A behaviour is a function of (connection, query, zone) that sends what it likes, or (for TLS) what
happens to a connection before the handshake.
"""

import collections
import socket
import struct
import threading
import time

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset
import dns.tsig

import servers

ORIGIN = "bad.example."


def soa(serial, owner=ORIGIN):
    return dns.rrset.from_text(owner, 300, "IN", "SOA",
                               f"ns1.{ORIGIN} host.{ORIGIN} {serial} 1 1 3600 300")


def record(owner, rdtype, text, rdclass="IN"):
    return dns.rrset.from_text(owner, 300, rdclass, rdtype, text)


def content(serial):
    return [record(ORIGIN, "NS", f"ns1.{ORIGIN}"), record(f"ns1.{ORIGIN}", "A", "192.0.2.1"),
            record(f"v{serial}.{ORIGIN}", "A", "192.0.2.2")]


def reply(query, rrsets):
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.AA
    answer.answer = list(rrsets)
    return answer


def framed(octets):
    return struct.pack(">H", len(octets)) + octets


class Stream:
    """One answer of several messages, signed as the query is (RFC 8945 §5.3.1)."""

    def __init__(self, connection, query):
        self.connection, self.query, self._context = connection, query, None

    def octets(self, rrsets):
        answer = reply(self.query, rrsets)
        is_signed = self.query.had_tsig
        octets = answer.to_wire(max_size=65535, multi=is_signed, tsig_ctx=self._context)
        self._context = answer.tsig_ctx
        return octets

    def send(self, *rrsets):
        self.connection.sendall(framed(self.octets(rrsets)))

    def axfr(self, serial):
        self.send(soa(serial), *content(serial), soa(serial))


class HostilePrimary:
    def __init__(self, *, key=None, tls=None):
        """`key`: a primaries.Key. `tls`: an ssl.SSLContext for `tls_port`."""
        self.address, self.port = servers.LOOPBACK, servers.free_port()
        self.serial, self.behave, self.accept = 1, None, None
        self.transfers = 0  # Asked for since the last misbehave().
        self.asked = collections.Counter()  # Queries by type.
        self._keyring = {key.for_dns().name: key.for_dns()} if key else None
        self._is_ending = threading.Event()
        self._connections = set()
        self.tls = tls
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((self.address, self.port))
        self._tcp = socket.create_server((self.address, self.port), backlog=64)
        self._threads = [threading.Thread(target=run, daemon=True)
                         for run in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    @property
    def is_ending(self):
        return self._is_ending.is_set()

    def misbehave(self, behave, *, serial=None):
        """From now on; what was under way ends."""
        self.transfers = 0
        self.behave = behave
        self.serial = serial or self.serial + 1
        for connection in list(self._connections):
            _shut(connection)

    def stop(self):
        self._is_ending.set()
        for listener in (self._udp, self._tcp):
            _shut(listener)
            listener.close()
        for connection in list(self._connections):
            _shut(connection)

    def _read(self, octets):
        return dns.message.from_wire(octets, keyring=self._keyring)

    def _serve_udp(self):
        while not self.is_ending:
            try:
                octets, sender = self._udp.recvfrom(65535)
                query = self._read(octets)
                self._udp.sendto(self._soa_reply(query), sender)
            except Exception:  # pylint: disable=broad-except
                if self.is_ending:
                    return

    def _serve_tcp(self):
        while not self.is_ending:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        raw = connection
        self._connections.add(raw)
        try:
            connection.settimeout(60)
            if self.accept:
                self.accept(self, connection)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._connections.add(connection)
            while not self.is_ending:
                query = self._read(_message(connection))
                kind = query.question[0].rdtype
                if kind in (dns.rdatatype.IXFR, dns.rdatatype.AXFR):
                    self.asked[dns.rdatatype.to_text(kind)] += 1
                    self.transfers += 1
                    self._transfer(Stream(connection, query))
                else:
                    connection.sendall(framed(self._soa_reply(query)))
        except Exception:  # pylint: disable=broad-except
            pass  # The other side has had enough, or the behaviour ends so.
        finally:
            self._connections -= {raw, connection}
            connection.close()

    def _soa_reply(self, query):
        question = query.question[0]
        self.asked[dns.rdatatype.to_text(question.rdtype)] += 1
        return reply(query, [soa(self.serial, question.name.to_text())]).to_wire()

    def _transfer(self, stream):
        if self.behave:
            self.behave(self, stream)
        else:
            stream.axfr(self.serial)


def _shut(connection):
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass


def _message(connection):
    return _exactly(connection, struct.unpack(">H", _exactly(connection, 2))[0])


def _exactly(connection, count):
    octets = b""
    while len(octets) < count:
        more = connection.recv(count - len(octets))
        if not more:
            raise EOFError
        octets += more
    return octets


# Behaviours of a transfer.

def endless(primary, stream):
    stream.send(soa(primary.serial))
    number = 0
    while not primary.is_ending:
        stream.send(*(record(f"n{number + i}.{ORIGIN}", "A", "192.0.2.3") for i in range(200)))
        number += 200


def repeating(primary, stream):
    """The same record for ever."""
    stream.send(soa(primary.serial))
    octets = framed(stream.octets([record(f"a.{ORIGIN}", "A", "192.0.2.3")]))
    while not primary.is_ending:
        stream.connection.sendall(octets * 100)


def dripping(primary, stream):
    stream.send(soa(primary.serial), *content(primary.serial))
    stream.connection.sendall(b"\xff\xff")
    while not primary.is_ending:
        stream.connection.sendall(b"\0")
        time.sleep(0.01)


def silent(primary, _stream):
    while not primary.is_ending:
        time.sleep(0.05)


def empty_messages(primary, stream):
    while not primary.is_ending:
        stream.connection.sendall(b"\0\0" * 1000)


def messages_without_records(primary, stream):
    stream.send(soa(primary.serial))
    octets = framed(stream.octets([])) * 100
    while not primary.is_ending:
        stream.connection.sendall(octets)


def garbage(_primary, stream):
    stream.connection.sendall(bytes(range(256)) * 300)


def closes_in_midstream(primary, stream):
    stream.send(soa(primary.serial), *content(primary.serial))
    stream.connection.close()


def closes_in_a_message(primary, stream):
    octets = stream.octets([soa(primary.serial), *content(primary.serial), soa(primary.serial)])
    stream.connection.sendall(struct.pack(">H", len(octets) + 1) + octets)
    stream.connection.close()


def soa_in_midstream(primary, stream):
    serial = primary.serial
    stream.send(soa(serial), *content(serial), soa(serial + 1), *content(serial + 1), soa(serial))


def lower_serial(_primary, stream):
    stream.send(soa(0), *content(0), soa(0))


def other_class(primary, stream):
    serial = primary.serial
    stream.send(soa(serial), *content(serial), record(f"c.{ORIGIN}", "TXT", "x", "CH"), soa(serial))


def soa_of_another_zone(primary, stream):
    serial = primary.serial
    stream.send(soa(serial), *content(serial), soa(serial, f"sub.{ORIGIN}"), soa(serial))


def without_ns(primary, stream):
    stream.send(soa(primary.serial), soa(primary.serial))


def without_soa(primary, stream):
    stream.send(*content(primary.serial))


def wrong_rdata_length(primary, stream):
    """The last record's RDLENGTH says 65,535."""
    octets = bytearray(stream.octets([soa(primary.serial),
                                      record(f"x.{ORIGIN}", "A", "192.0.2.9")]))
    octets[-6:-4] = b"\xff\xff"
    stream.connection.sendall(framed(octets))


def record_over_64_kib(primary, stream):
    """A TXT record that leads beyond its message, and pointers that lead to themselves."""
    octets = bytearray(stream.octets([soa(primary.serial)]))
    octets[7] = 2  # ANCOUNT
    here = len(octets)
    octets += struct.pack(">HHHIH", 0xC000 | here, 16, 1, 300, 65535) + b"x" * 65000
    stream.connection.sendall(framed(octets[:65535]))


def cname_beside_data(primary, stream):
    serial = primary.serial
    stream.send(soa(serial), *content(serial), record(f"ns1.{ORIGIN}", "CNAME", "a.example."),
                soa(serial))


def refuses(_primary, stream):
    answer = dns.message.make_response(stream.query)
    answer.set_rcode(5)
    stream.connection.sendall(framed(answer.to_wire()))


BEHAVIOURS = (endless, repeating, dripping, silent, empty_messages, messages_without_records,
              garbage, closes_in_midstream, closes_in_a_message, soa_in_midstream, lower_serial,
              other_class, soa_of_another_zone, without_ns, without_soa, wrong_rdata_length,
              record_over_64_kib, cname_beside_data, refuses)

# Too slow, cut off, wrong content.
ONE_OF_EACH_KIND = (dripping, closes_in_a_message, soa_in_midstream)
