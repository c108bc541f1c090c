"""What systemd is told by both daemons, and whether it understands our units."""

import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest
import servers

_UNITS = pathlib.Path(__file__).parents[2] / "packaging" / "systemd"


class Manager:
    """Listens on NOTIFY_SOCKET as systemd does."""

    def __init__(self, folder):
        self.path = folder / "notify.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self.path.chmod(0o777)  # As systemd has it: hitherd is no longer root when it tells.

    def environment(self, watchdog_seconds):
        return dict(os.environ, NOTIFY_SOCKET=str(self.path),
                    WATCHDOG_USEC=str(int(watchdog_seconds * 1e6)))

    def hear(self, word, seconds=10):
        """The first message with the word."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                message = self._socket.recv(4096).decode()
            except TimeoutError:
                break
            if word in message:
                return message
        raise AssertionError(f"{word} was not told within {seconds} s")

    def forget(self):
        self._socket.setblocking(False)
        try:
            while True:
                self._socket.recv(4096)
        except BlockingIOError:
            pass


@pytest.fixture
def hitherd_command(hitherd, folder):
    zone = folder / "example.zone"
    zone.write_text("$ORIGIN example.\n@ 300 SOA ns1 root 1 7200 900 1209600 600\n"
                    "@ 300 NS ns1\nns1 300 A 192.0.2.1\n")
    port = servers.free_port()
    return servers.hitherd_command({"example.": zone}, listen=[f"127.0.0.1:{port}"])


def test_hitherd_tells_its_states(hitherd_command, folder):
    manager = Manager(folder)
    with subprocess.Popen(hitherd_command, env=manager.environment(0.9),
                          stderr=subprocess.DEVNULL) as process:
        try:
            assert "STATUS=answering" in manager.hear("READY=1")
            manager.hear("WATCHDOG=1")
            process.send_signal(signal.SIGHUP)
            assert re.search(r"^MONOTONIC_USEC=\d+$", manager.hear("RELOADING=1"), re.M)
            manager.hear("READY=1")
        finally:
            process.terminate()
        manager.hear("STOPPING=1")
        assert process.wait(10) == 0


def _worker_thread(pid, seconds=5):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:  # A thread names itself after it was started.
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            if (task / "comm").read_text().startswith("worker-"):
                return int(task.name)
        time.sleep(0.02)
    raise AssertionError(f"{pid} has no worker")


def _reap_traced(thread):
    wall = 0x40000000  # __WALL: threads, too.
    with contextlib.suppress(ChildProcessError):
        while True:
            _, status = os.waitpid(thread, wall)
            if not os.WIFSTOPPED(status):
                return


def test_hitherd_with_a_stuck_worker_lets_the_watchdog_bite(hitherd_command, folder):
    """The control thread goes on; that must not be enough."""
    manager = Manager(folder)
    worker = None
    with subprocess.Popen(hitherd_command, env=manager.environment(0.9),
                          stderr=subprocess.DEVNULL) as process:
        try:
            manager.hear("READY=1")
            worker = _worker_thread(process.pid)
            libc = ctypes.CDLL(None, use_errno=True)
            seize, interrupt = 0x4206, 0x4207
            if libc.ptrace(seize, worker, None, None) != 0:
                pytest.skip("this needs to trace a thread (CAP_SYS_PTRACE)")
            assert libc.ptrace(interrupt, worker, None, None) == 0
            time.sleep(4)  # It counts as stuck after three seconds.
            manager.forget()
            with pytest.raises(AssertionError):
                manager.hear("WATCHDOG=1", seconds=1.5)
        finally:
            process.kill()
            if worker is not None:
                _reap_traced(worker)  # Else its process stays for ever.


def test_sidecar_tells_its_states(sidecar, folder):
    manager = Manager(folder)
    config = folder / "hither.yaml"
    config.write_text(f"""\
listen: ["127.0.0.1:{servers.free_port()}"]
zones: [{{ name: example, file: nowhere }}]
heartbeat: {folder / "heartbeat"}
anycast:
  admin: {{ listen: none }}
  state_file: none
  dry_run: true
  services: [{{ name: dns, prefixes: [127.0.0.0/8], probe: {{ name: example }} }}]
""")
    with subprocess.Popen([sidecar, "--config", config], env=manager.environment(0.9),
                          stderr=subprocess.DEVNULL) as process:
        try:
            manager.hear("READY=1")
            manager.hear("WATCHDOG=1")
            process.send_signal(signal.SIGSTOP)  # A loop that hangs.
            time.sleep(0.3)
            manager.forget()
            with pytest.raises(AssertionError):
                manager.hear("WATCHDOG=1", seconds=1.5)
            process.send_signal(signal.SIGCONT)
            manager.hear("WATCHDOG=1")
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        manager.hear("STOPPING=1")
        assert process.wait(10) == 0


def test_the_admin_socket_is_in_the_units_folder(hitherd_command, hither, folder):
    """systemd names the folder of RuntimeDirectory=; `hither` looks there without being told."""
    at = hitherd_command.index("--admin")
    command = hitherd_command[:at] + hitherd_command[at + 2:]
    manager = Manager(folder)
    folder.chmod(0o777)
    environment = dict(manager.environment(10), RUNTIME_DIRECTORY=str(folder))
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            manager.hear("READY=1")
            told = servers.run_hither("status", "--admin", f"unix:{folder}/admin.sock")
            assert told.returncode == 0, told.stderr
        finally:
            process.terminate()
    for unit, verb in (("hitherd", "status"), ("hither-anycast", "explain")):
        text = (_UNITS / f"{unit}.service").read_text()
        name = re.search(r"^RuntimeDirectory=(\S+)$", text, re.M)[1]
        assert f"unix:/run/{name}/admin.sock" in servers.run_hither(verb, "--help").stdout


def _settings(unit, key):
    text = (_UNITS / f"{unit}.service").read_text()
    return re.findall(rf"^{key}=(.*)$", text, re.M)


@pytest.mark.parametrize("unit", ["hitherd", "hither-anycast"])
def test_a_wrong_configuration_is_not_tried_for_ever(unit, folder, request):
    """`enable --now` before /etc/hither/hither.yaml exists: exit code 2, and no restart then."""
    program = request.getfixturevalue("hitherd" if unit == "hitherd" else "sidecar")
    done = subprocess.run([program, "--config", folder / "hither.yaml"], capture_output=True,
                          text=True, timeout=30, check=False)
    assert done.returncode == 2, done.stderr
    assert _settings(unit, "RestartPreventExitStatus") == ["2"]
    assert _settings(unit, "ConfigurationDirectory") == ["hither"]


def test_the_sidecar_has_no_capability_for_bgp():
    assert _settings("hither-anycast", "AmbientCapabilities") == [""]
    assert _settings("hither-anycast", "CapabilityBoundingSet") == [""]


def test_the_commented_lines_of_the_sidecars_unit_are_in_the_guide():
    """Read-back and `kernel:` need groups and a capability: as the comments of the unit say."""
    text = (_UNITS / "hither-anycast.service").read_text()
    readme = (_UNITS.parent / "README.md").read_text()
    for line in ("SupplementaryGroups=bird", "SupplementaryGroups=frrvty",
                 "AmbientCapabilities=CAP_NET_ADMIN", "CapabilityBoundingSet=CAP_NET_ADMIN"):
        assert f"\n#{line}\n" in text
        assert line in readme


@pytest.mark.parametrize("unit", ["hitherd", "hither-anycast"])
def test_systemd_understands_the_units(unit, folder):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze; apt-get install systemd")
    text = (_UNITS / f"{unit}.service").read_text()
    copy = folder / f"{unit}.service"
    # The programs and the account need not be installed here.
    copy.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text)
                    .replace("User=hither", "User=daemon").replace("Group=hither", "Group=daemon"))
    verified = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True,
                              env=dict(os.environ, SYSTEMD_UNIT_PATH=f"{folder}:"))
    about_us = [line for line in verified.stderr.splitlines() if unit in line]
    assert verified.returncode == 0 and not about_us, verified.stderr
