"""`hither check` of zone files that others wrote: no error that two other checkers do not have, and
no warning about what Debian ships."""

import json
import os
import pathlib
import subprocess

import pytest
import servers

_DEBIAN = pathlib.Path("/etc/bind")  # Of bind9, if that is installed.
_DEBIAN_ORIGINS = {"db.0": "0.in-addr.arpa", "db.127": "127.in-addr.arpa",
                   "db.255": "255.in-addr.arpa", "db.empty": "10.in-addr.arpa",
                   "db.local": "localhost"}
_SECONDS = 120


def _zones():
    zones = [(_DEBIAN / name, origin) for name, origin in _DEBIAN_ORIGINS.items()]
    corpus = pathlib.Path(os.environ.get("HITHER_CORPUS", "/nonexistent")) / "data"
    zones += [(path, path.name.split("-")[0].replace("root", ".")) for path in
              sorted(corpus.glob("*.zone"))]
    return [(path, origin) for path, origin in zones if path.exists()]


_ZONES = _zones()


def _accepts(*command):
    return subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False
                          ).returncode == 0


def _refused_by_others(path, origin):
    verdicts = {
        "named-checkzone": _accepts("named-checkzone", "-i", "local", origin, path),
        "nsd-checkzone": _accepts("nsd-checkzone", origin, path),
        "ldns-read-zone": _accepts("ldns-read-zone", "-o", origin, path)}
    return [name for name, accepted in verdicts.items() if not accepted]


def _check(path, origin):
    done = servers.run_hither("check", "--json", "--origin", origin, path)
    return json.loads(done.stdout)["files"][0]


@pytest.mark.skipif(not _ZONES, reason="neither /etc/bind/db.* nor HITHER_CORPUS/data is here")
@pytest.mark.parametrize(("path", "origin"), _ZONES, ids=[path.name for path, _ in _ZONES])
def test_no_error_that_two_others_do_not_have(hither, path, origin):
    errors = [found for found in _check(path, origin)["findings"] if found["severity"] == "error"]
    assert not errors or len(_refused_by_others(path, origin)) >= 2, errors


@pytest.mark.skipif(not (_DEBIAN / "db.local").exists(), reason="bind9 is not installed")
@pytest.mark.parametrize("name", _DEBIAN_ORIGINS)
def test_nothing_to_say_about_what_debian_ships(hither, name):
    assert _check(_DEBIAN / name, _DEBIAN_ORIGINS[name])["findings"] == []
