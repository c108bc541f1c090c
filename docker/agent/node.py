"""A node: hitherd and its sidecar, and what can go wrong with them."""

import shutil
import subprocess
import time

import processes

_BAD_ZONE = "this is no zone\n"
_RELOAD_SECONDS = 10
ADMIN = "unix:/run/hither/admin.sock"
ANYCAST_ADMIN = "unix:/run/hither-anycast/admin.sock"


class Node:
    faults_known = ("kill", "hang", "servfail", "stale")

    def __init__(self, folder):
        """`folder`: with hither.yaml and the zones, which we may change."""
        self._zone = folder / "example.org.zone"
        self._good_zone = folder / "example.org.good"
        shutil.copy(self._zone, self._good_zone)
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
        elif fault == "servfail":  # It starts without an older version to serve.
            self._zone.write_text(_BAD_ZONE)
            self._hitherd.restart()
        else:  # It keeps serving its current version.
            self._zone.write_text(_BAD_ZONE)
            if self._hither("reload", "--admin", ADMIN).returncode == 0:
                raise RuntimeError("hitherd accepted an invalid zone file")

    def mend(self):
        """Removes all faults; may be repeated."""
        shutil.copy(self._good_zone, self._zone)
        self._hitherd.resume()
        self._hitherd.release()
        give_up_at = time.monotonic() + _RELOAD_SECONDS
        while True:  # hitherd may be about to start.
            done = self._hither("reload", "--admin", ADMIN)
            if done.returncode == 0:
                return
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"hither reload: {done.stderr.strip() or done.stdout.strip()}")
            time.sleep(0.2)

    def drain(self, verb):
        done = self._hither(verb, "--anycast", ANYCAST_ADMIN)
        if done.returncode != 0:
            raise RuntimeError(f"hither {verb}: {done.stderr.strip() or done.stdout.strip()}")
        return {"said": done.stdout.strip()}

    @staticmethod
    def _hither(*arguments):
        return subprocess.run(["hither", *arguments], capture_output=True, text=True, timeout=15,
                              check=False)
