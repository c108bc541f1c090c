"""Both daemons together on loopback, in a dry run: what the sidecar decides, and when."""

import contextlib
import json
import signal
import subprocess
import time

import pytest
import servers

_POLICY = "rise: 500ms, rise_first: 500ms, warm_up: 500ms, hold_down: 500ms"
_SERVICE = "{{ name: {name}, prefixes: [{prefixes}], addresses: [{addresses}], " \
           "probe: {{ name: {probe} }} }}"


class Pair:
    """hitherd, and the sidecar that watches it."""

    def __init__(self, folder, program):
        self.folder = folder
        self.admin = f"unix:{folder}/anycast.sock"
        self.config = folder / "hither.yaml"
        self.journal = folder / "journal"
        self.zone = folder / "example.zone"
        self.zone.write_text("$ORIGIN example.\n@ 300 SOA ns1 root 1 7200 900 1209600 600\n"
                             "@ 300 NS ns1\nns1 300 A 192.0.2.1\n")
        self.ports = {address: servers.free_port(address) for address in ("127.0.0.1", "::1")}
        self._program = program
        self.hitherd = self.sidecar = None

    def configure(self, name="dns", families=("127.0.0.1",), policy=_POLICY,
                  probe="example"):
        at = ", ".join(f'"{servers.listen_text(*one)}"' for one in self.ports.items())
        addresses = ", ".join(f'"{servers.listen_text(one, self.ports[one])}"' for one in families)
        prefixes = {"127.0.0.1": "127.0.0.0/8", "::1": '"::1/128"'}
        service = _SERVICE.format(name=name, addresses=addresses, probe=probe,
                                  prefixes=", ".join(prefixes[one] for one in families))
        self.config.write_text(f"""\
identity: {{ site: fra1, node: ns1 }}
listen: [{at}]
zones: [{{ name: example, file: {self.zone} }}]
heartbeat: {self.folder}/heartbeat
admin: {{ listen: none }}
workers: 1
anycast:
  admin: {{ listen: "{self.admin}" }}
  state_file: {self.folder}/anycast.state
  journal: {self.journal}
  dry_run: true
  policy: {{ {policy} }}
  services: [{service}]
""")

    def start_hitherd(self):
        self.hitherd = servers.start_hitherd_with_config(
            self.folder, self.config, {"example": self.zone}, "127.0.0.1", self.ports["127.0.0.1"])

    @contextlib.contextmanager
    def running(self):
        if not self.config.exists():
            self.configure()
        self.start_hitherd()
        with open(self.folder / "anycast.log", "ab") as log:
            self.sidecar = subprocess.Popen([self._program, "--config", self.config], stderr=log)
        try:
            yield self
        finally:
            self.sidecar.send_signal(signal.SIGCONT)
            for _ in range(2):  # The second one ends a drain at once.
                self.sidecar.terminate()
                time.sleep(0.1)
            assert self.sidecar.wait(10) == 0
            self.hitherd.stop()

    def say(self, verb, *more):
        return servers.run_hither(verb, *more, "--anycast", self.admin)

    def states(self):
        """{"ipv4": ("UP", "ok")}"""
        done = self.say("status", "--json")
        if done.returncode != 0:
            return {}
        return {family["family"]: (family["state"], family["rule"])
                for service in json.loads(done.stdout)["services"]
                for family in service["families"]}

    def wait(self, condition, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.sidecar.poll() is None, self.log()
            assert time.monotonic() < deadline, f"{self.say('explain').stdout}\n{self.log()}"
            time.sleep(0.05)

    def wait_state(self, state):
        self.wait(lambda: {told for told, _ in self.states().values()} == {state})

    def late_entries(self):
        """What was decided by ticks that came over two seconds after the one before."""
        lines = self.journal.read_text().splitlines(keepends=True)
        entries = [json.loads(line) for line in lines if line.endswith("\n")]
        return [one for one in entries if one["facts"]["now"] - one["previous"] > 2e9]

    def log(self):
        return (self.folder / "anycast.log").read_text()


@pytest.fixture
def pair(hitherd, hither, sidecar, folder):
    return Pair(folder, sidecar)


def test_a_sidecar_that_goes_on_decides_by_what_it_sees_now(pair):
    with pair.running():
        pair.wait_state("UP")
        pair.sidecar.send_signal(signal.SIGSTOP)
        pair.hitherd.process.kill()
        pair.hitherd.process.wait()
        time.sleep(3)  # Over the lease: nothing of ours is announced any more.
        pair.sidecar.send_signal(signal.SIGCONT)
        pair.wait(pair.late_entries)
        first = pair.late_entries()[0]["ipv4"]
        assert (first["state"], first["rule"]) == ("DOWN", "certain-fault")


def test_a_drained_service_that_is_renamed_does_not_come_back_by_a_slip(pair):
    with pair.running():
        pair.wait_state("UP")
        pair.say("drain")
        pair.wait_state("DOWN")
        pair.configure(name="ns")
        refused = pair.say("reload")
        assert refused.returncode != 0
        assert "forgets the drain of service dns" in refused.stdout + refused.stderr
        time.sleep(1.5)
        assert pair.states()["ipv4"] == ("DOWN", "drained")
        assert pair.say("reload", "--confirm").returncode == 0
        pair.wait_state("UP")


def test_a_drained_service_that_was_renamed_before_a_start_is_told(pair):
    with pair.running():
        pair.wait_state("UP")
        pair.say("drain")
        pair.wait_state("DOWN")
    pair.configure(name="ns")
    with pair.running():
        pair.wait_state("UP")
    assert "forgets the drain of service dns, kept in " in pair.log()


def test_undrain_forgets_restarts_of_hitherd(pair):
    with pair.running():
        for _ in range(2):
            pair.wait_state("UP")
            pair.hitherd.stop()
            pair.wait_state("DOWN")
            pair.start_hitherd()
        pair.wait(lambda: pair.states()["ipv4"] == ("DOWN", "flap-budget"))
        assert pair.say("undrain").returncode == 0
        pair.wait_state("UP")


def test_a_family_that_a_reload_adds_is_not_announced_unseen(pair):
    """hitherd does not listen there yet."""
    pair.ports.pop("::1")
    with pair.running():
        pair.wait_state("UP")
        pair.ports["::1"] = servers.free_port("::1")
        pair.configure(families=("127.0.0.1", "::1"))
        assert pair.say("reload").returncode == 0
        pair.wait(lambda: pair.states().get("ipv6") == ("DOWN", "unknown"))
        pair.hitherd.stop()
        pair.start_hitherd()
        pair.wait_state("UP")
    assert "family=ipv6 from=UP to=DOWN rule=hard-fault" not in pair.log()


def test_a_probe_that_a_reload_brought_and_was_never_good_withdraws_nothing(pair):
    with pair.running():
        pair.wait_state("UP")
        pair.configure(probe="nowhere.elsewhere")
        refused = pair.say("reload")
        assert refused.returncode != 0
        assert "is not in any zone of zones:" in refused.stdout + refused.stderr
        pair.configure(probe="nowhere.example")  # NXDOMAIN, which no configuration tells.
        assert pair.say("reload").returncode == 0
        pair.wait(lambda: "rule=hold reason=" in pair.log() or "holds SOFT" in pair.log())
        assert pair.states()["ipv4"][0] in ("UP", "SOFT")
        assert "never succeeded since it was configured" in pair.say("explain").stdout
    assert "rule=hard-fault" not in pair.log()
