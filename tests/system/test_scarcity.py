"""Where the system gives few threads or little memory: a server says so and goes on, or does not
start."""

import os
import pathlib
import re
import resource
import subprocess

import pytest
import servers
import wire

# An account of nobody else's: RLIMIT_NPROC counts all threads of a user, and root has no limit.
_USER = "54321"

# The control thread, a loader, a worker, and five of the admin endpoint.
_THREADS = 8

# Zones that take more memory together than a server may have beyond what it has: more than
# _MORE_BYTES and the addresses that its threads' heaps have reserved and not used, 64 MiB each.
_MANY = 50_000
_MANY_TEXTS = "".join(f"t{index} TXT {'x' * 200}\n" for index in range(40))
_MORE_BYTES = 40 << 20
_NOT_EVEN_MANY_BYTES = 80 << 20


def _zone_text(serial):
    return (f"$TTL 300\n@ SOA ns1.example. root.example. {serial} 7200 900 1209600 600\n"
            "@ NS ns1.example.\n")


def _serial(server, origin="example."):
    return int.from_bytes(server.ask(origin, wire.SOA).answer[0].rdata[-20:-16], "big")


@pytest.fixture
def zone(folder):
    path = folder / "example.zone"
    path.write_text(_zone_text(1))
    return path


def _with_threads(count):
    if os.geteuid() != 0:
        pytest.skip("only root can run a server as a user of its own")
    return ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups",
            "prlimit", f"--nproc={count}"]


def test_a_reload_needs_no_thread_that_is_not_there(hitherd, hither, make_folder, zone):
    server = servers.start_hitherd(make_folder("hitherd"), {"example.": zone}, admin=True,
                                   wrapper=_with_threads(_THREADS))
    try:
        zone.write_text(_zone_text(22))
        done = servers.run_hither("reload", "--admin", server.admin)
        assert done.returncode == 0, done.stderr + server.log()
        assert _serial(server) == 22
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize("count", range(1, _THREADS))
def test_too_few_threads_end_the_start_with_advice(hitherd, zone, count):
    command = servers.hitherd_command({"example.": zone},
                                      listen=[f"127.0.0.1:{servers.free_port()}"],
                                      admin=f"127.0.0.1:{servers.free_port()}")
    done = subprocess.run([*_with_threads(count), *command], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 1, done.stderr
    assert "cannot start a thread to " in done.stderr and "ulimit -u" in done.stderr


@pytest.fixture
def limited_memory(hitherd):
    """A sanitizer's build takes terabytes of addresses and ends by itself if it gets none."""
    done = subprocess.run(["prlimit", f"--as={1 << 30}", hitherd, "--version"],
                          capture_output=True)
    if done.returncode != 0:
        pytest.skip("this build cannot run in a limited address space")


def _write_list(folder, prefix, count):
    draft = folder / "draft"
    draft.write_text("".join(f"{prefix}{index}.example example.zone\n" for index in range(count)))
    draft.rename(folder / "zones.list")


def _config(folder, port, admin):
    path = folder / "hither.yaml"
    path.write_text(f'listen: ["127.0.0.1:{port}"]\nworkers: 1\nadmin: {{ listen: "{admin}" }}\n'
                    "zones: [{ list: zones.list }]\n")
    return path


def _limit_memory(pid, more_bytes):
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[0])
    hard = resource.prlimit(pid, resource.RLIMIT_AS)[1]
    resource.prlimit(pid, resource.RLIMIT_AS, (pages * resource.getpagesize() + more_bytes, hard))


def test_zones_that_are_too_many_change_nothing(hitherd, hither, limited_memory, folder, zone):
    port, admin = servers.free_port(), f"127.0.0.1:{servers.free_port()}"
    zone.write_text(_zone_text(1) + _MANY_TEXTS)
    _write_list(folder, "old", 5)
    ours = ["--user", "root"] if os.geteuid() == 0 else []  # Whose limits we may set.
    server = servers.start_hitherd_with_config(folder, _config(folder, port, admin),
                                               {"old1.example.": zone}, servers.LOOPBACK, port,
                                               admin, ours)
    try:
        assert servers.run_hither("status", "--admin", admin).returncode == 0  # All threads run.
        _limit_memory(server.pid, _MORE_BYTES)
        _write_list(folder, "new", _MANY)
        done = servers.run_hither("reload", "--admin", admin, timeout=100)
        assert done.returncode == 1, server.log()
        assert "not enough memory to reload" in done.stderr + done.stdout
        assert "not enough memory to reload" in server.log()
        for transport in ("udp", "tcp"):
            assert server.ask("old4.example.", wire.SOA, transport).answer
        _write_list(folder, "new", 5)  # It can be mended without a restart.
        done = servers.run_hither("reload", "--admin", admin)
        assert done.returncode == 0, done.stderr + server.log()
        assert _serial(server, "new4.example.") == 1
    finally:
        assert server.stop() == 0


def test_zones_that_are_too_many_are_no_start(hitherd, limited_memory, folder, zone):
    zone.write_text(_zone_text(1) + _MANY_TEXTS)
    _write_list(folder, "z", _MANY)
    config = _config(folder, servers.free_port(), f"127.0.0.1:{servers.free_port()}")
    done = subprocess.run(["prlimit", f"--as={_NOT_EVEN_MANY_BYTES}", hitherd, "--config",
                           str(config)], capture_output=True, text=True, timeout=100)
    assert done.returncode == 1, done.stderr
    # The second: what is ready after some seconds is served, and then threads find no memory.
    assert re.search("not enough memory to |limits on threads .* and memory", done.stderr)
