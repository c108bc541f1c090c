"""Zones from a folder, loaded when their files change; reloads of one zone, and of many at once."""

import concurrent.futures
import shutil
import time

import pytest
import servers
import wire

_SETTLE_SECONDS = 0.2


def _zone_text(serial):
    return (f"$TTL 300\n@ SOA ns1 root {serial} 7200 900 1209600 600\n@ NS ns1\n"
            "ns1 A 192.0.2.1\n")


def _serial(server, origin):
    answer = server.ask(origin, wire.SOA)
    return int.from_bytes(answer.answer[0].rdata[-20:-16], "big") if answer.answer else None


def _is_served_within(server, origin, serial, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _serial(server, origin) == serial:
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def start(hitherd, hither, folder):
    running = []

    def start(zones, first, watch="true"):
        port, admin = servers.free_port(), f"127.0.0.1:{servers.free_port()}"
        config = folder / "hither.yaml"
        config.write_text(f'listen: ["127.0.0.1:{port}"]\nworkers: 1\n'
                          f'admin: {{ listen: "{admin}" }}\nlog: {{ target: zones/hitherd.log }}\n'
                          f"reload: {{ watch: {watch}, settle: {_SETTLE_SECONDS}s }}\n"
                          f"zones: [{zones}]\n")
        time.sleep(0.02)  # The kernel's clock for files goes on: the configuration is an old one.
        running.append(servers.start_hitherd_with_config(folder, config, {first: ""},
                                                         servers.LOOPBACK, port, admin))
        return running[-1]

    (folder / "zones").mkdir()
    yield start
    for server in running:
        assert server.stop() == 0


def _reload(server, *zones):
    return servers.run_hither("reload", "--admin", server.admin, *zones)


def test_files_of_a_folder_come_change_and_go(start, folder):
    zones = folder / "zones"
    (zones / "one.example.zone").write_text(_zone_text(1))
    (zones / "notes.txt").write_text("no zone\n")
    server = start('{ folder: zones, pattern: "*.zone" }', "one.example.")
    (zones / "two.example.zone").write_text(_zone_text(2))
    assert _is_served_within(server, "two.example.", 2)
    (zones / "one.example.zone").write_text(_zone_text(11))  # In place, not renamed.
    assert _is_served_within(server, "one.example.", 11)
    (zones / "two.example.zone").unlink()
    deadline = time.monotonic() + 20
    while server.ask("two.example.", wire.SOA).rcode != wire.REFUSED:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    # The log lies in the same folder, and its lines are no changes.
    time.sleep(3 * _SETTLE_SECONDS)
    before = (zones / "hitherd.log").read_text()
    time.sleep(5 * _SETTLE_SECONDS)
    assert (zones / "hitherd.log").read_text() == before


def test_a_start_is_no_change(start, folder):
    path = folder / "zones" / "one.example.zone"
    path.write_text(_zone_text(1))
    server = start("{ name: one.example, file: zones/one.example.zone }", "one.example.")
    time.sleep(6 * _SETTLE_SECONDS)
    assert "reload" not in (folder / "zones" / "hitherd.log").read_text()
    path.write_text(_zone_text(2) + "$INCLUDE parts/missing\n")
    log = folder / "zones" / "hitherd.log"
    deadline = time.monotonic() + 20
    while "parts/missing" not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(4 * _SETTLE_SECONDS)
    (folder / "zones" / "parts").mkdir()
    (folder / "zones" / "parts" / "missing").write_text("www A 192.0.2.2\n")
    assert _is_served_within(server, "one.example.", 2)


def test_a_name_that_is_none_is_an_error_that_names_the_file(start, folder):
    (folder / "zones" / "one.example.zone").write_text(_zone_text(1))
    server = start("{ folder: zones }", "one.example.", watch="false")
    (folder / "zones" / "two..example.zone").write_text(_zone_text(1))
    done = _reload(server)
    assert done.returncode == 1
    assert "hither.yaml:6: " in done.stderr and "zones/two..example.zone: " in done.stderr
    assert _serial(server, "one.example.") == 1


# As kubelet does it: the files are links through `..data`, which is renamed.
def test_an_exchanged_link_is_a_change(start, folder):
    zones = folder / "zones"

    def publish(number, serial):
        version = zones / f"..version_{number}"
        version.mkdir()
        (version / "one.example.zone").write_text(_zone_text(serial))
        (zones / "..new").symlink_to(version.name)
        (zones / "..new").rename(zones / "..data")

    publish(1, 1)
    (zones / "one.example.zone").symlink_to("..data/one.example.zone")
    server = start("{ name: one.example, file: zones/one.example.zone }", "one.example.")
    time.sleep(3 * _SETTLE_SECONDS)
    for number in (2, 3):
        publish(number, number)
        assert _is_served_within(server, "one.example.", number)
        shutil.rmtree(zones / f"..version_{number - 1}")


def test_a_slow_writer_is_waited_for(start, folder):
    path = folder / "zones" / "one.example.zone"
    path.write_text(_zone_text(1))
    server = start("{ folder: zones }", "one.example.")
    time.sleep(3 * _SETTLE_SECONDS)
    with open(path, "w") as file:
        for piece in (_zone_text(2) + "www A 192.0.2", ".10\n"):
            file.write(piece)
            file.flush()
            time.sleep(_SETTLE_SECONDS * 0.8)
    assert _is_served_within(server, "one.example.", 2)
    answer = server.ask("www.one.example.", wire.A)
    assert answer.answer[0].rdata == bytes([192, 0, 2, 10])


def test_a_reload_of_one_zone_looks_at_no_other(start, folder):
    for name in ("one", "two"):
        (folder / "zones" / f"{name}.example.zone").write_text(_zone_text(1))
    server = start("{ folder: zones }", "one.example.", watch="false")
    for name in ("one", "two"):
        (folder / "zones" / f"{name}.example.zone").write_text(_zone_text(22))
    done = _reload(server, "TWO.example")
    assert done.returncode == 0
    assert "zone two.example.: serial 22, was 1; 3 records" in done.stdout
    assert (_serial(server, "one.example."), _serial(server, "two.example.")) == (1, 22)
    done = _reload(server, "three.example")
    assert done.returncode == 1
    assert "the configuration has no zone three.example." in done.stderr


def test_many_reloads_at_once_are_all_answered(start, folder):
    path = folder / "zones" / "one.example.zone"
    path.write_text(_zone_text(1))
    server = start("{ folder: zones }", "one.example.", watch="false")
    path.write_text(_zone_text(22))
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        done = list(pool.map(lambda _: _reload(server), range(20)))
    assert [one.returncode for one in done] == [0] * 20, done
    assert _serial(server, "one.example.") == 22


def test_a_serial_that_was_not_raised_is_shown(start, folder):
    path = folder / "zones" / "one.example.zone"
    path.write_text(_zone_text(5))
    server = start("{ folder: zones }", "one.example.", watch="false")
    path.write_text(_zone_text(5) + "www A 192.0.2.2\n")
    assert "serial 5 is the same as before" in _reload(server).stdout
    shown = servers.run_hither("status", "--admin", server.admin, "--anycast", "none").stdout
    assert "ok; warning: serial 5 is the same as before" in shown
