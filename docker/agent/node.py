"""A node: hitherd and its sidecar, and what can go wrong with them."""

import json
import pathlib
import shutil
import subprocess
import time

import processes

_STATE = pathlib.Path("/var/lib/hither")
_ZONES_SECONDS = 20
_END_SECONDS = 5
_POLL_SECONDS = 0.2
ADMIN = "unix:/run/hither/admin.sock"
ANYCAST_ADMIN = "unix:/run/hither-anycast/admin.sock"


class Node:
    faults_known = ("kill", "hang", "servfail", "stale")

    def __init__(self, folder, told):
        """`folder`: with hither.yaml, and the secret, which only root and hitherd may read."""
        self._primary, self._zones = told["primary"], told["zones"]
        for secret in folder.glob("*.secret"):
            shutil.chown(secret, group="hither")
            secret.chmod(0o640)
        config = str(folder / "hither.yaml")
        self._hitherd = processes.Process("hitherd", ["hitherd", "--config", config])
        self._sidecar = processes.Process("hither-anycast", ["hither-anycast", "--config", config],
                                          user="hither")

    def start(self):
        self._hitherd.start()
        self._sidecar.start()

    def end(self):
        self._sidecar.end()
        self._hitherd.end()

    def is_well(self):
        return self._hitherd.is_running() and self._sidecar.is_running()

    def make(self, fault):
        if fault == "kill":
            self._hitherd.hold_down()
        elif fault == "hang":
            self._hitherd.stop()
        elif fault == "servfail":  # It starts without any version to serve.
            self._route_to_primary("replace")
            self._lose_state()
        else:  # It keeps serving its current version.
            self._route_to_primary("replace")
            self._order("refresh", self._zones[0])

    def mend(self):
        """Removes all faults; may be repeated."""
        self._route_to_primary("del")
        self._hitherd.resume()
        self._hitherd.release()
        give_up_at = time.monotonic() + _ZONES_SECONDS
        while True:  # hitherd may be about to start.
            zones = self.zones()
            # A refused version is the primary's fault, which no heal of a node removes.
            ill = [name for name, zone in zones.items()
                   if zone.get("state") != "fresh" and not zone.get("refused")]
            if zones and not ill:
                return
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"zones without a good version: {', '.join(ill) or 'all'}")
            for name in ill:
                self._order("refresh", name)
            time.sleep(_POLL_SECONDS)

    def zones(self):
        """{zone: {"serial", "state", "refused": its serial and gate, or null}}; {}: no answer."""
        done = self._hither("zone", "status", "--json", "--admin", ADMIN)
        if done.returncode != 0:
            return {}
        shown = {}
        for zone in json.loads(done.stdout)["zones"]:
            refused = zone["refused"]
            shown[zone["zone"].rstrip(".")] = {
                "serial": zone["serial"], "state": zone["state"],
                "rolled_back": zone["rolled_back"],
                "refused": refused and {"serial": refused["serial"], "gate": refused["gate"]}}
        return shown

    def drain(self, verb):
        done = self._hither(verb, "--anycast", ANYCAST_ADMIN)
        if done.returncode != 0:
            raise RuntimeError(f"hither {verb}: {done.stderr.strip() or done.stdout.strip()}")
        return {"said": done.stdout.strip()}

    def _lose_state(self):
        self._hitherd.hold_down()
        give_up_at = time.monotonic() + _END_SECONDS
        while self._hitherd.is_running() and time.monotonic() < give_up_at:
            time.sleep(0.01)
        for path in _STATE.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._hitherd.release()

    def _route_to_primary(self, verb):
        """`replace`: the primary can no longer be reached; `del`: again, if it could not."""
        done = subprocess.run(["ip", "route", verb, "unreachable", f"{self._primary}/32"],
                              capture_output=True, text=True, timeout=10, check=False)
        if verb != "del" and done.returncode != 0:
            raise RuntimeError(f"ip route {verb}: {done.stderr.strip()}")

    def _order(self, verb, zone):
        self._hither("zone", verb, zone, "--admin", ADMIN)

    @staticmethod
    def _hither(*arguments):
        return subprocess.run(["hither", *arguments], capture_output=True, text=True, timeout=15,
                              check=False)
