"""The hidden primary: Knot, whose zones are changed by knotc's transactions.

Each change has a new serial, which Knot sends to the nodes by NOTIFY (RFC 1996).
"""

import json
import pathlib
import re
import shutil
import subprocess

import processes

_STATE = pathlib.Path("/var/lib/lab")  # A volume: serials must not go back if we start again.
_SOCKET = "/run/lab/knot/knot.sock"
_KNOT_SECONDS = 15
_TTL = "60"
_TYPE = re.compile(r"[A-Z][A-Z0-9-]{0,15}")
_NAME = re.compile(r"[A-Za-z0-9_*][A-Za-z0-9_.*-]{0,252}")
_VALUE_CHARACTERS_MAX = 255
_SERIAL = re.compile(r"serial: (\d+)")


class Primary:
    faults_known = ()

    def __init__(self, folder, told):
        """`folder`: with knot.conf and the zones' first versions."""
        self._zones = told["zones"]
        for part in (_STATE / "zones", folder / "knot"):
            part.mkdir(exist_ok=True)
        for zone in self._zones:
            if not self._path(zone, "zone").exists():
                shutil.copy(folder / f"{zone}.zone", self._path(zone, "zone"))
        # Of an earlier start, when another process may have had our number.
        (folder / "knot" / "knot.pid").unlink(missing_ok=True)
        self._knotd = processes.Process("knotd", ["knotd", "-c", str(folder / "knot.conf")])

    def start(self):
        self._knotd.start()

    def end(self):
        self._knotd.end()

    def is_well(self):
        return self._knotd.is_running()

    def zones(self):
        """{zone: {"serial": ...}}"""
        return {zone: {"serial": self._serial(zone)} for zone in self._zones}

    def change(self, query):
        """`query`: "do" is set, cut or mend. Returns the zone's serials before and after."""
        said = {key: values[0] for key, values in query.items()}
        zone = said.get("zone")
        if zone not in self._zones:
            raise ValueError(f"no zone '{zone}'; available: {', '.join(self._zones)}")
        verbs = {"set": self._set, "cut": self._cut, "mend": self._mend}
        if said.get("do") not in verbs:
            raise ValueError(f"no change '{said.get('do')}'; available: {', '.join(verbs)}")
        before = self._serial(zone)
        counts = verbs[said["do"]](zone, said)
        return {"before": before, "serial": self._serial(zone), **counts}

    # --- The changes ---

    def _set(self, zone, said):
        name, kind, value = (said.get(key, "") for key in ("name", "type", "value"))
        # No word may look like an option of knotc.
        if not _NAME.fullmatch(name) or not _TYPE.fullmatch(kind):
            raise ValueError(f"'{name} {kind}' is no name and type")
        if not value.isprintable() or not 0 < len(value) <= _VALUE_CHARACTERS_MAX or \
                value.startswith("-"):
            raise ValueError(f"'{value}' is no value")
        has_one = any(one[:2] == (f"{name}.", kind) for one in self._records(zone))
        changes = [("zone-unset", zone, f"{name}.", kind)] if has_one else []
        self._commit(zone, [*changes, ("zone-set", zone, f"{name}.", _TTL, kind, value)])
        return {}

    def _cut(self, zone, _):
        """Leaves a third of the records: those of the apex and its name server, and the next."""
        records = self._records(zone)
        if self._path(zone, "cut").exists():
            raise ValueError(f"{zone} is cut already")
        first = (f"{zone}.", f"ns1.{zone}.")
        records.sort(key=lambda one: one[0] not in first)  # Stable: the others stay in order.
        kept = max(len(records) // 3, 4)
        self._path(zone, "cut").write_text(json.dumps(records[kept:]))
        self._commit(zone, [("zone-unset", zone, owner, kind, value)
                            for owner, kind, _, value in records[kept:]])
        return {"records_before": len(records), "records": kept}

    def _mend(self, zone, _):
        path = self._path(zone, "cut")
        if not path.exists():
            raise ValueError(f"{zone} is not cut")
        there = {one[:2] for one in self._records(zone)}  # Set after the cut: these stay.
        missing = [one for one in json.loads(path.read_text()) if tuple(one[:2]) not in there]
        self._commit(zone, [("zone-set", zone, owner, ttl, kind, value)
                            for owner, kind, ttl, value in missing])
        path.unlink()
        return {"records": len(self._records(zone))}

    # --- Knot ---

    @staticmethod
    def _path(zone, kind):
        return _STATE / "zones" / f"{zone}.{kind}"

    @staticmethod
    def _knotc(*arguments):
        done = subprocess.run(["knotc", "-s", _SOCKET, *arguments], capture_output=True, text=True,
                              timeout=_KNOT_SECONDS, check=False)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().removeprefix("error: ")
            raise RuntimeError(f"knotc {' '.join(arguments)}: {said}")
        return done.stdout

    def _commit(self, zone, changes):
        """All of them or none."""
        self._knotc("zone-begin", zone)
        try:
            for change in changes:
                self._knotc(*change)
            self._knotc("zone-commit", zone)
        except (RuntimeError, subprocess.TimeoutExpired):
            self._knotc("zone-abort", zone)
            raise

    def _serial(self, zone):
        return int(_SERIAL.search(self._knotc("zone-status", zone))[1])

    def _records(self, zone):
        """(owner, type, TTL, value), in the order of the zone."""
        lines = (line.split(maxsplit=4) for line in self._knotc("zone-read", zone).splitlines())
        return [(owner, kind, ttl, value) for _, owner, ttl, kind, value in lines]
