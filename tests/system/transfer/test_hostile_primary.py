"""A hostile primary beside a good one: the bad zone keeps its version, the good one goes on
changing, questions are answered, and memory, descriptors, CPU and the log stay bounded."""

import os
import pathlib
import random
import ssl
import struct
import threading
import time

import dns.exception
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import pytest

import asker
import certificates
import hostile_primary
import primaries
import servers
import wire
from hostile_primary import ORIGIN, content, framed, record, soa
from secondary import Secondary

_IS_LONG = bool(os.environ.get("HITHER_LONG"))
_MUTANTS = 2000 if _IS_LONG else 5
_SECONDS = 6.0 if _IS_LONG else 0.5  # Of each behaviour.
_ZONES = 1000 if _IS_LONG else 200  # Of the dead primary.
_GROWTH_KIB = 200 * 1024  # AddressSanitizer keeps freed memory for some time.
_LIMITS = ("transfers: { refresh: { min: 1s, max: 1s }, retry: { min: 1s, max: 1s }, "
           "idle_timeout: 1s, octets_max: 4194304, records_max: 50000 }")


class _Asker:
    """Asks for the good zone all the time."""

    def __init__(self, site):
        self._site, self.asked, self.lost = site, 0, 0
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        question = wire.query("ns1.good.example.", wire.A, edns=(1232, 0))
        while not self._is_ending.is_set():
            octets = asker.exchange(self._site.address, self._site.port, question, 2, tries=1)
            self.asked += 1
            self.lost += octets is None or not wire.read(octets).answer
            time.sleep(0.01)

    def end(self):
        self._is_ending.set()
        self._thread.join()
        return self.lost


def _configure(site, bad, good, *, key=None, tls=""):
    secret = (f'keys: [{{ name: {key.name}, algorithm: {key.algorithm}, secret: "{key.text}" }}]'
              if key else "")
    security = (f", key: {key.name}" if key else "") + (f", tls: {tls}" if tls else "")
    good_primary = (f'  - {{ name: good1, address: "{good.address}:{good.port}" }}\n'
                    if good else "")
    good_zone = ("  - { name: good.example., primaries: [good1], gates: { profile: none } }\n"
                 if good else "")
    config = site.folder / "hither.yaml"
    config.write_text(f"""
listen: ["{site.address}:{site.port}"]
workers: 1
user: root
admin: {{ listen: "{site.admin}" }}
state_dir: state
{secret}
{_LIMITS}
primaries:
  - {{ name: bad1, address: "{bad.address}:{bad.port}"{security} }}
{good_primary}zones:
  - {{ name: {ORIGIN}, primaries: [bad1], gates: {{ profile: none }} }}
{good_zone}""")
    config.chmod(0o600)
    site.origin = ORIGIN
    return site


@pytest.fixture
def start_hostile():
    running = []

    def start(**facts):
        running.append(hostile_primary.HostilePrimary(**facts))
        return running[-1]

    yield start
    for primary in running:
        primary.stop()


@pytest.fixture
def site(hitherd, make_folder):
    made = Secondary(make_folder("secondary"))
    yield made
    began = time.monotonic()
    assert made.stop() == 0
    assert time.monotonic() - began < 10, "it does not end in time"


def _descriptors(site):
    return len(os.listdir(f"/proc/{site.server.pid}/fd"))


def _rss(site):
    return int(site.server.status_field("VmRSS")[0])


def _order(site, verb):
    ran = servers.run_hither("zone", verb, ORIGIN, "--admin", site.admin)
    assert ran.returncode == 0, ran.stderr


def _change_good(site, good):
    good.change(good.zone.body)
    site.wait("takes the good zone's change",
              lambda: site.serial("good.example.") == good.zone.serial, 15)


def _endure(site, bad, good, behave):
    """One behaviour, and all that must be true meanwhile."""
    held, log, rss = site.serial(), len(site.server.log()), _rss(site)
    cpu = sum(servers.cpu_seconds(site.server.pid))
    bad.misbehave(behave)
    site.wait("asks for a transfer", lambda: bad.transfers > 0, 30)
    began = time.monotonic()
    _change_good(site, good)
    time.sleep(max(0, _SECONDS - (time.monotonic() - began)))
    assert site.serial() == held, f"{behave.__name__} was believed"
    assert site.answer("A", f"v{held}.{ORIGIN}").answer
    grown = _rss(site) - rss
    assert grown < _GROWTH_KIB, f"{behave.__name__}: {grown} KiB more"
    assert _descriptors(site) < 80
    lines = site.server.log()[log:].count("\n")
    seconds = time.monotonic() - began
    assert lines < 30 + 4 * seconds, f"{behave.__name__}:\n{site.server.log()[log:]}"
    return (sum(servers.cpu_seconds(site.server.pid)) - cpu) / seconds


@pytest.mark.parametrize("key", [None, primaries.Key()], ids=["unsigned", "signed"])
def test_no_behaviour_hurts_the_good_zone(site, start_primary, start_hostile, key):
    good = start_primary(primaries.Knot, primaries.Zone(
        "@ NS ns1\nns1 A 192.0.2.1\n", "good.example.", refresh=1, retry=1))
    bad = start_hostile(key=key)
    _configure(site, bad, good, key=key).start()
    site.wait_for_serial(1)
    site.wait("serves the good zone", lambda: site.serial("good.example.") == 1)
    background = _Asker(site)
    try:
        behaviours = hostile_primary.BEHAVIOURS
        if not _IS_LONG:
            behaviours = behaviours[::9] if key else hostile_primary.ONE_OF_EACH_KIND
        shares = {behave.__name__: _endure(site, bad, good, behave) for behave in behaviours}
    finally:
        lost = background.end()
    assert lost == 0, f"{lost} of {background.asked} questions unanswered"
    # Of a core, under a sanitizer, with the good zone.
    assert shares.get("dripping", 0) < 0.9, shares
    # A serial whose content was refused is held back; the next one is not.
    bad.misbehave(None)
    if not _IS_LONG:  # Else it waits for its next attempt.
        _order(site, "refresh")
    site.wait_for_serial(bad.serial, 40)


def _tls_context(identity, *, alpn="dot", newest=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identity.paths)
    if alpn:
        context.set_alpn_protocols([alpn])
    if newest:
        context.maximum_version = newest
    return context


def _stalls(primary, _connection):
    while not primary.is_ending:
        time.sleep(0.05)


def _is_no_tls(_primary, connection):
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 100)


def _hangs_up(_primary, connection):
    connection.close()


@pytest.mark.parametrize("how", ["none", "http/1.1", "tls12", "stalls", "clear", "hangs_up",
                                 "cut"] if _IS_LONG else ["cut"])
def test_tls_that_is_not_xot_gives_no_zone(site, start_hostile, make_folder, how):
    identity = certificates.make(make_folder("tls"), "hidden1.example")
    good = _tls_context(identity)
    bad = start_hostile(tls=good)
    _configure(site, bad, None, tls=f'{{ pin: "{identity.pin}" }}').start()
    site.wait_for_serial(1)
    before = _descriptors(site)
    if how == "tls12":
        bad.tls = _tls_context(identity, newest=ssl.TLSVersion.TLSv1_2)
    elif how in ("none", "http/1.1"):
        bad.tls = _tls_context(identity, alpn=None if how == "none" else how)
    bad.accept = {"stalls": _stalls, "clear": _is_no_tls, "hangs_up": _hangs_up}.get(how)
    # Without close_notify: what came so far must not count as a whole zone.
    bad.misbehave(hostile_primary.closes_in_midstream if how == "cut" else None)
    cpu = sum(servers.cpu_seconds(site.server.pid))
    _order(site, "refresh")
    time.sleep(3 if _IS_LONG else 1)
    assert site.serial() == 1
    assert sum(servers.cpu_seconds(site.server.pid)) - cpu < 2
    assert _descriptors(site) < before + 12
    bad.tls, bad.accept = good, None
    bad.misbehave(None)
    if not _IS_LONG:
        _order(site, "refresh")
    site.wait_for_serial(bad.serial, 60)


def test_a_dead_primary_of_many_zones_logs_one_line(site, start_hostile):
    bad = start_hostile()
    names = [f"z{number}.example." for number in range(_ZONES)]
    site.follow_all(bad, names, more=_LIMITS + "\n")
    bad.stop()
    site.start()  # Any answer will do.
    line = "primary hidden1: cannot be reached"
    site.wait("logs the outage", lambda: line in site.server.log(), 30)
    time.sleep(12 if _IS_LONG else 2)  # For further lines.
    log = site.server.log()
    assert log.count(line) == 1, log[-3000:]
    assert f"{_ZONES} zones are transferred from it" in log, log[-3000:]
    assert log.count("not refreshed") == 0 and log.count("\n") < 30, log[-3000:]


def _stream(serial, random_):
    """Octets of an AXFR in two messages, for the query's ID to be put in."""
    query = dns.message.make_query(ORIGIN, "AXFR", flags=0)
    query.id = 0
    first = hostile_primary.reply(query, [soa(serial), *content(serial)])
    last = hostile_primary.reply(query, [record(f"t{random_.randrange(9)}.{ORIGIN}", "TXT", "x"),
                                         record(f"m.{ORIGIN}", "MX", f"10 ns1.{ORIGIN}"),
                                         soa(serial)])
    return [bytearray(first.to_wire()), bytearray(last.to_wire())]


def _mutate(messages, random_):
    for _ in range(random_.randrange(1, 4)):
        message = random_.choice(messages)
        at = random_.randrange(12, len(message))
        shape = random_.randrange(4)
        if shape == 0:
            message[at] ^= 1 << random_.randrange(8)
        elif shape == 1:
            message[at] = random_.randrange(256)
        elif shape == 2 and len(message) > 60:
            del message[at:at + random_.randrange(1, 9)]
        else:
            message[at:at] = random_.randbytes(random_.randrange(1, 9))


def _records_of(messages):
    """As dnspython reads them; None: it does not."""
    found = []
    try:
        for message in messages:
            read = dns.message.from_wire(bytes(message), one_rr_per_rrset=True, xfr=True)
            found += [(rrset.name, rrset.rdtype, rrset[0]) for rrset in read.answer]
    except (dns.exception.DNSException, ValueError, struct.error, IndexError):
        return None
    return found


def _assert_served(site, found):
    """Each record that dnspython has seen in the zone is in an answer, unless a cut hides it."""
    origin = dns.name.from_text(ORIGIN)
    for name, rdtype, rdata in found:
        if not name.is_subdomain(origin) or rdata.rdclass != dns.rdataclass.IN:
            continue
        query = dns.message.make_query(name, rdtype)
        octets = asker.exchange(site.address, site.port, query.to_wire(), 2)
        answer = dns.message.from_wire(octets)
        held = [one for rrset in answer.answer + answer.authority for one in rrset
                if rrset.rdtype == rdtype]
        is_hidden = answer.rcode() == 0 and not answer.answer and answer.authority
        assert rdata in held or is_hidden, f"{name} {rdata!r}:\n{answer}"


def test_mutants_are_refused_or_taken_as_another_reader_sees_them(site, start_hostile):
    seed = int(os.environ.get("HITHER_SEED", "0")) or random.randrange(1 << 32)
    print(f"HITHER_SEED={seed}")
    random_ = random.Random(seed)
    bad = start_hostile()
    _configure(site, bad, None).start()
    site.wait_for_serial(1)
    taken = 0
    for number in range(_MUTANTS):
        serial = 2 + number
        messages = _stream(serial, random_)
        if number > 0:  # The first one is taken in any case.
            _mutate(messages, random_)

        def send(_primary, stream, messages=messages):
            for message in messages:
                stream.connection.sendall(
                    framed(struct.pack(">H", stream.query.id) + bytes(message[2:])))
            stream.connection.close()

        bad.misbehave(send, serial=serial)
        _order(site, "retransfer")
        site.wait("asks for the mutant", lambda: bad.transfers > 0, 20)
        deadline = time.monotonic() + (0.3 if number > 0 else 20)
        while time.monotonic() < deadline and site.serial() != serial:
            time.sleep(0.02)
        if site.serial() == serial:
            taken += 1
            found = _records_of(messages)
            assert found is not None, f"seed {seed}, mutant {number}: dnspython refuses it"
            _assert_served(site, found)
    assert taken > 0, f"seed {seed}: none taken"
    assert taken < _MUTANTS or not _IS_LONG, f"seed {seed}: all taken"
    assert pathlib.Path(f"/proc/{site.server.pid}").exists()
