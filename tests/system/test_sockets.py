"""Addresses, fragments and privileges: what an anycast node needs of its sockets."""

import errno
import os
import pathlib
import select
import socket
import time

import asker
import pytest
import servers
import wire

_ZONE = """\
$ORIGIN example.
@   300 SOA ns1 root 1 7200 900 1209600 600
@   300 NS  ns1
ns1 300 A   192.0.2.1
"""


@pytest.fixture(scope="module")
def zones(make_folder):
    path = make_folder("zone") / "example.zone"
    path.write_text(_ZONE)
    return {"example.": path}


def _soa(server, address):
    octets = wire.query("example.", wire.SOA, edns=(1232, 0))
    answer = asker.exchange(address, server.port, octets)  # Connected: hears only who was asked.
    return answer is not None and wire.read(answer).has(wire.AA)


def _has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
            udp.bind(("::1", 0))
        return True
    except OSError:
        return False


def _start_on(make_folder, zones, listen, port, **how):
    folder = make_folder("hitherd")
    server = servers.start_hitherd(folder, zones, listen=listen, ready=False, **how)
    server.port = port
    return server.wait_until_ready()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_wildcard_listener_answers_from_the_address_that_was_asked(
        hitherd, make_folder, zones, workers):
    port = servers.free_port()
    server = _start_on(make_folder, zones, [f"0.0.0.0:{port}"], port, workers=workers)
    try:
        for address in ("127.0.0.1", "127.0.0.2", "127.1.2.3"):
            for _ in range(20):  # Both workers get some.
                assert _soa(server, address), address
    finally:
        server.stop()


@pytest.mark.skipif(not _has_ipv6(), reason="this host has no IPv6 loopback")
def test_both_families_at_once(hitherd, make_folder, zones):
    port = servers.free_port()
    server = _start_on(make_folder, zones, [f"0.0.0.0:{port}", f"[::]:{port}"], port)
    try:
        assert _soa(server, "127.0.0.1") and _soa(server, "::1")
        for address in ("127.0.0.1", "::1"):
            tcp = asker.Tcp(address, port)
            assert wire.read(tcp.ask([wire.query("example.", wire.SOA)])[0]).has(wire.AA)
            tcp.close()
    finally:
        server.stop()


def test_listens_on_an_address_that_the_host_does_not_have(hitherd, make_folder, zones):
    """IP_FREEBIND: an anycast address comes and goes; the server is there before it."""
    port = servers.free_port()
    listen = [f"198.51.100.77:{port}", f"127.0.0.1:{port}"]
    server = _start_on(make_folder, zones, listen, port)
    try:
        assert _soa(server, "127.0.0.1")
        bound = pathlib.Path("/proc/net/udp").read_text()
        assert f"4D6433C6:{port:04X}" in bound
    finally:
        server.stop()


def test_a_port_in_use_is_told(hitherd, make_folder, zones):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((servers.LOOPBACK, 0))
        port = udp.getsockname()[1]
        server = servers.start_hitherd(make_folder("hitherd"), zones, ready=False,
                                       listen=[f"{servers.LOOPBACK}:{port}"])
        assert server.process.wait(30) == 1
        assert f"{servers.LOOPBACK}:{port}" in server.log()


def _capture(server, ask):
    """The first IPv4 packet that `ask` makes the server send, seen on the loopback device."""
    try:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        raw.bind(("lo", 0))
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES):
            pytest.skip("only root can see packets")
        raise
    with raw:
        ask()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            select.select([raw], [], [], 1)
            packet = raw.recv(65535)
            head = (packet[0] & 0xF) * 4
            if packet[9] == socket.IPPROTO_UDP and packet[head:head + 2] == \
                    server.port.to_bytes(2, "big"):
                return packet
    raise AssertionError("the server sent nothing")


def test_answers_over_udp_must_not_be_fragmented(hitherd, started, zones):
    """RFC 9715 §3.1: DF is set."""
    server = started(servers.start_hitherd, zones)
    packet = _capture(server, lambda: server.ask("example.", wire.SOA))
    assert packet[6] & 0x40, packet[:20].hex()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to give up")
def test_gives_up_privileges(hitherd, make_folder, zones):
    server = servers.start_hitherd(make_folder("hitherd"), zones, admin=True, workers=2,
                                   more=["--user", "nobody"])
    try:
        for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir():
            fields = dict(line.split(":\t", 1) for line in
                          (task / "status").read_text().splitlines() if ":\t" in line)
            assert "0" not in fields["Uid"].split(), fields["Name"]
            assert "0" not in fields["Gid"].split(), fields["Name"]
            assert int(fields["CapEff"], 16) == 0, fields["Name"]
            assert "0" not in fields["Groups"].split(), fields["Name"]
    finally:
        assert server.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to keep")
def test_only_loading_threads_may_read_every_file(hitherd, make_folder):
    folder = make_folder("zones")
    zone = folder / "example.zone"
    zone.write_text(
        "@ 300 SOA ns1 root 1 7200 900 1209600 600\n@ 300 NS ns1\nns1 300 A 192.0.2.1\n")
    zone.chmod(0o600)
    port, metrics = servers.free_port(), servers.free_port()
    config = folder / "hither.yaml"
    config.write_text(f"""\
listen: ["127.0.0.1:{port}"]
workers: 2
admin: {{ listen: "unix:{folder}/admin.sock" }}
metrics: {{ listen: "127.0.0.1:{metrics}" }}
zones: [{{ name: example, file: {zone} }}]
""")
    folder.chmod(0o777)
    server = servers.start_hitherd_with_config(folder, config, {"example.": zone}, "127.0.0.1",
                                               port)
    try:
        assert "hitherd keeps the right to read every file" in server.log()
        may_read = []
        for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir():
            fields = dict(line.split(":\t", 1) for line in
                          (task / "status").read_text().splitlines() if ":\t" in line)
            if int(fields["CapEff"], 16) or int(fields["CapPrm"], 16):
                may_read.append((fields["Name"], int(task.name) == server.pid))
        if b"__tsan_init" in pathlib.Path(servers.hitherd_path()).read_bytes():
            # ThreadSanitizer's own thread, older than main(), bears the program's name.
            may_read = [one for one in may_read if one != ("hitherd", False)]
        assert may_read == [("loader", False)]
        zone.write_text(zone.read_text().replace(" 1 7200", " 2 7200"))
        done = servers.run_hither("reload", "--admin", f"unix:{folder}/admin.sock")
        assert done.returncode == 0, done.stderr
    finally:
        assert server.stop() == 0
