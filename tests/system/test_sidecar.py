"""hither-anycast alone, with what an operator and a poor host do to it. Nothing is announced."""

import contextlib
import fcntl
import json
import os
import pathlib
import resource
import socket
import subprocess
import time

import pytest
import servers

_STATE = "anycast.state"


class Sidecar:
    """A sidecar of a dry run beside no responder: DOWN, but it takes commands."""

    def __init__(self, program, folder, wrapper=(), stderr=None):
        self.folder = folder
        self.admin = f"unix:{folder}/admin.sock"
        self.config_path = folder / "hither.yaml"
        self._command = [*wrapper, program, "--config", self.config_path]
        self._stderr = stderr
        self.process = None

    def configure(self, state_file=None, site="fra1", admin=None, services="dns"):
        self.config_path.write_text(f"""\
identity: {{ site: {site}, node: ns1 }}
listen: ["127.0.0.1:5301"]
zones: [{{ name: example, file: nowhere }}]
heartbeat: {self.folder}/heartbeat
anycast:
  admin: {{ listen: "{admin or self.admin}" }}
  state_file: {state_file or self.folder / _STATE}
  dry_run: true
  services: [{{ name: {services}, prefixes: [127.0.0.0/8], probe: {{ name: example }} }}]
""")

    @contextlib.contextmanager
    def running(self):
        if not self.config_path.exists():
            self.configure()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self._command, stderr=self._stderr or log)
        try:
            self.wait(lambda: self.status() is not None)
            yield self
        finally:
            self.process.terminate()
            assert self.process.wait(10) == 0

    def wait(self, condition, seconds=10):
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def say(self, verb, *more):
        return servers.run_hither(verb, *more, "--anycast", self.admin)

    def status(self):
        done = self.say("status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def is_drained(self):
        return "drained by the operator" in self.say("status").stdout

    def log(self):
        return (self.folder / "log").read_text()


@pytest.fixture
def node(sidecar, hither, folder):
    return Sidecar(sidecar, folder)


def _kept_drain(path):
    with contextlib.suppress(OSError, ValueError):
        return any(each["drain"] for each in json.loads(path.read_text())["services"].values())
    return False


def test_a_drain_outlives_a_restart(node):
    with node.running():
        assert "draining" in node.say("drain").stdout
    with node.running():
        assert node.is_drained()


def test_a_drain_that_cannot_be_kept_says_so_and_is_kept_later(node, folder):
    state = folder / _STATE
    with node.running():
        node.wait(state.exists)
        state.unlink()
        state.mkdir()  # As good as a disk that takes no more.
        assert "NOT kept over a restart" in node.say("drain").stdout
        node.wait(lambda: "state NOT kept" in node.say("status").stdout)
        state.rmdir()
        node.wait(lambda: _kept_drain(state))
        node.wait(lambda: "state NOT kept" not in node.say("status").stdout)
    assert node.log().count("state NOT kept") == 1


def test_a_drain_goes_with_the_state_file(node, folder):
    with node.running():
        node.say("drain")
        other = folder / "other.state"
        node.configure(state_file=other)
        assert node.say("reload").returncode == 0
        node.wait(lambda: _kept_drain(other))


def test_a_state_file_that_can_never_be_is_refused(node, folder):
    with node.running():
        node.configure(state_file=node.config_path / "state")
        refused = node.say("reload")
        assert refused.returncode != 0 and "Not a directory" in refused.stdout + refused.stderr
        node.say("drain")
        assert _kept_drain(folder / _STATE)


def test_a_missing_folder_is_made(node, folder):
    state = folder / "made" / "by" / "it" / "state"
    node.configure(state_file=state)
    with node.running():
        node.wait(state.exists)
    assert state.parent.stat().st_mode & 0o777 == 0o750


def test_why_it_stays_withdrawn_is_logged(node):
    """Started by hand, without hitherd: there is no change to log."""
    with node.running():
        node.wait(lambda: "stays DOWN" in node.log())
        time.sleep(1)
    told = [line for line in node.log().splitlines() if "stays DOWN" in line]
    assert len(told) == 1 and "service=dns" in told[0] and "rule=unknown" in told[0]
    assert "heartbeat" in told[0], told


def test_a_command_to_hitherd_is_not_obeyed_by_the_sidecar(node):
    """And vice versa: each says who it is (the rest is in tests/tool/who_answers_test.cc)."""
    with node.running():
        done = servers.run_hither("reload", "--admin", node.admin)
        assert done.returncode == 1 and "it is that of hither-anycast" in done.stderr, done.stderr
        assert "Server: hither-anycast" in _raw(node.admin, "GET /healthz HTTP/1.0")
        refused = _raw(node.admin, "POST /reload?zone=example HTTP/1.0\r\nX-Hither: 1")
        assert refused.startswith("HTTP/1.1 400 ") and "has no parameter 'zone'" in refused
        assert "reload" not in node.log() and "unchanged until" not in node.log()


def _raw(address, head):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address.removeprefix("unix:"))
        client.sendall(f"{head}\r\n\r\n".encode())
        return client.makefile().read()


def test_a_command_that_does_not_exist_is_told(node, sidecar):
    """By --check and in the log. It is no error: a package may still bring it."""
    node.configure()
    text = node.config_path.read_text()
    node.config_path.write_text(text.replace(
        "probe: {", "checks: [{ name: disk, command: [/nonexistent] }], probe: {"))
    done = subprocess.run([sidecar, "--config", node.config_path, "--check"], capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "warning: anycast: service dns: check disk: /nonexistent cannot be run" in done.stdout
    with node.running():
        node.wait(lambda: "check disk: /nonexistent cannot be run" in node.log())


def test_after_a_lost_line_the_journal_has_a_whole_entry(node, folder):
    """Replays begin at whole entries. Without a loss, the next one comes within an hour."""
    journal = folder / "anycast.journal"

    def whole():
        return journal.read_text().count('"policy":')

    node.configure()
    node.config_path.write_text(f"{node.config_path.read_text()}  journal: {journal}\n")
    with node.running():
        node.wait(lambda: journal.exists() and whole() == 1)
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = journal.stat().st_size
        resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (size, limit[1]))
        node.say("drain")
        node.wait(lambda: "journal" in node.say("status").stdout or "journal" in node.log())
        resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, limit)
        node.say("undrain")
        node.wait(lambda: whole() == 2)


def test_what_a_reload_cannot_change_is_told(node, folder):
    with node.running():
        node.configure(site="ams1", admin=f"unix:{folder}/other.sock")
        told = node.say("reload").stdout
        assert "unchanged until a restart: identity, anycast.admin" in told
        assert node.status()["site"] == "fra1"


def test_a_full_disk_does_not_stop_the_start(sidecar, hither, folder):
    full = folder / "full"
    full.mkdir()
    wrapper = ["unshare", "-m", "sh", "-ec", f"""
mount -t tmpfs -o size=4k none {full}
head -c 4096 /dev/zero >{full}/filler
exec "$@"
""", "sh"]
    if subprocess.run([*wrapper, "true"], capture_output=True).returncode != 0:
        pytest.skip("this needs to mount a tmpfs (CAP_SYS_ADMIN)")
    node = Sidecar(sidecar, folder, wrapper)
    node.configure(state_file=full / "state")
    with node.running():
        node.wait(lambda: "No space left" in node.say("status").stdout)
        assert "No space left" in node.say("drain").stdout
        mount = pathlib.Path(f"/proc/{node.process.pid}/root{full}")
        (mount / "filler").unlink()
        node.wait(lambda: _kept_drain(mount / "state"))


def test_a_log_that_nobody_reads_holds_up_nothing(sidecar, hither, folder):
    """A verdict that waits for a log collector is one whose lease ends."""
    node = Sidecar(sidecar, folder, stderr=subprocess.PIPE)
    with node.running():
        pipe = node.process.stderr
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 16384)
        for _ in range(250):
            node.say("freeze", "--for", "1m")
        assert node.status()["lease_age_seconds"] < node.status()["lease_seconds"]
        os.set_blocking(pipe.fileno(), False)
        assert "operator: freeze" in pipe.read().decode()
        node.say("freeze", "--for", "1m")
        assert "earlier log lines are lost" in pipe.read().decode()
        pipe.close()


def test_a_taken_peers_page_keeps_nobody_from_announcing(node, folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        node.configure()
        with open(node.config_path, "a") as config:
            config.write(f'  peers: {{ listen: "127.0.0.1:{port}" }}\n')
        with node.running():
            assert "set anycast.peers.listen to another address" in node.log()
            node.wait(lambda: "no page: anycast.peers.listen" in node.say("status").stdout)
            other.close()
            node.wait(lambda: "can be reached now" in node.log(), seconds=30)
            node.wait(lambda: "no page" not in node.say("status").stdout)


def test_a_second_one_with_the_same_state_does_not_start(node, sidecar):
    with node.running():
        second = subprocess.run([sidecar, "--config", node.config_path], capture_output=True,
                                text=True, timeout=30)
        assert second.returncode == 1
        assert "another hither-anycast uses this state file" in second.stderr
        assert node.status() is not None
