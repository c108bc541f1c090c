"""Where the system gives few threads: a server says so at its start, and never ends later."""

import os
import subprocess

import pytest
import servers
import wire

# An account of nobody else's: RLIMIT_NPROC counts all threads of a user, and root has no limit.
_USER = "54321"

# The control thread, a loader, a worker, and five of the admin endpoint.
_THREADS = 8


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
    assert "no thread to " in done.stderr and "ulimit -u" in done.stderr
