"""docker/lab, with an engine that is none: what it says where something is missing or wrong. See
test_compose.py for the lab itself."""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import socket
import subprocess
import sys
import types

import pytest

_DOCKER = pathlib.Path(__file__).resolve().parents[2] / "docker"
sys.path.insert(0, str(_DOCKER))

from generate import topology  # noqa: E402

_FAKE = """\
#!/bin/sh
echo "${0##*/} $*" >>"%(folder)s/said"
test "$1" != -f || shift 2
case "$1" in
  compose) exit 1;;
  version) test ! -e "%(folder)s/no_engine" || { echo "permission denied" >&2; exit 1; };;
  container) test ! -e "%(folder)s/no_engine" || { echo "permission denied" >&2; exit 1; }
    cat "%(folder)s/rows";;
  exec) cat "%(folder)s/answer";;
  image) test -e "%(folder)s/image";;
  build) touch "%(folder)s/image";;
  up) exit 1;;
esac
"""


def _lab_module():
    loader = importlib.machinery.SourceFileLoader("lab_verbs", str(_DOCKER / "lab"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("lab_verbs", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def fake(tmp_path):
    """An engine that is none: what docker/lab asks of it is in `said`."""
    folder = tmp_path / "fake"
    folder.mkdir()
    for name in ("docker", "docker-compose"):
        (folder / name).write_text(_FAKE % {"folder": folder})
        (folder / name).chmod(0o755)

    def lab(*arguments):
        paths = f"{folder}:{os.environ['PATH']}"
        return subprocess.run([sys.executable, "-B", str(_DOCKER / "lab"), *arguments],
                              env={**os.environ, "PATH": paths}, capture_output=True, text=True,
                              check=False, timeout=60)
    def runs(of_fleet):
        """As if each container of that folder's default fleet ran."""
        (folder / "rows").write_text("".join(f"id\t{box.service}\t{of_fleet}\n"
                                             for box in topology.Topology(4).boxes.values()))
    lab.folder, lab.runs = folder, runs
    (folder / "rows").touch()
    lab.said = lambda: (folder / "said").read_text().splitlines()
    return lab


def test_up_builds_the_image_if_there_is_none(fake):
    topo_folder = fake.folder / "lab"
    subprocess.run([sys.executable, "-B", str(_DOCKER / "gen"), "--out", str(topo_folder),
                    "--sites", "1"], capture_output=True, check=True, timeout=60)
    for _ in range(2):  # And no second time.
        assert "compose up failed" in fake("--folder", str(topo_folder), "up").stderr
        said = fake.said()
        built = [line for line in said if line.startswith("docker build")]
        assert len(built) == 1, said
        assert built[0].endswith(f"-t hither-lab --target lab {_DOCKER.parent}")
        assert said.index(built[0]) < min(number for number, line in enumerate(said)
                                          if line.endswith(" up -d"))


def test_lab_tells_what_is_wrong_without_an_engine(fake):
    (fake.folder / "answer").write_text(json.dumps([{"answers": []}] * 5))
    fake.runs(_DOCKER)
    for arguments, status, wanted in (
            (["catchment", "--svg", "/nonexistent/x.svg"], 1, "/nonexistent/x.svg"),
            (["exec", "fra1-ns1"], 1, "a command is missing"),
            (["load", "fra1", "--", "-5"], 2, "'-5': 1 to 3600 seconds"),
            (["load", "fra1", "0"], 2, "'0': 1 to 3600 seconds"),
            (["load", "fra1", "5", "--rate", "fast"], 2, "'fast': 1 to 1000000 queries"),
            (["--folder", "/nonexistent", "status"], 1, "make one with: docker/gen --out /none")):
        done = fake(*arguments)
        assert done.returncode == status and wanted in done.stderr, done.stderr
        assert "Traceback" not in done.stderr


_VERBS = [["status"], ["catchment"], ["dig", "berlin"], ["exec", "fra1-ns1", "true"],
          ["load", "nyc1", "1"], ["heal"], ["break", "fra1", "kill"]]


@pytest.mark.parametrize("arguments", _VERBS, ids=lambda words: words[0])
def test_each_verb_says_what_is_not_there(fake, tmp_path, arguments):
    def error():
        done = fake(*arguments)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        return done.stderr

    assert error() == "docker/lab: the lab is not up; start it with: docker/lab up\n"
    fake.runs(tmp_path / "other")
    assert f"use --folder {tmp_path / 'other'}" in error()
    (fake.folder / "no_engine").touch()
    assert "no Docker engine answers" in error() and "permission denied" in error()


def test_up_and_down_need_an_engine(fake):
    (fake.folder / "no_engine").touch()
    for verb in ("up", "down"):
        assert "no Docker engine answers" in fake(verb).stderr
    assert not [line for line in fake.said() if " build " in line]


def test_up_finds_the_consoles_port_taken(fake, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("LAB_CONSOLE_PORT", str(port))
        assert f"another program has port {port}" in fake("up").stderr
    monkeypatch.setenv("LAB_CONSOLE_PORT", "many")
    assert "LAB_CONSOLE_PORT=many" in fake("up").stderr


def test_exec_takes_the_name_of_a_node(fake):
    fake.runs(_DOCKER)
    (fake.folder / "answer").write_text("ok")
    for name in ("fra1-ns1", "ns1.fra1"):
        assert fake("exec", name, "true").stdout == "ok"


_FAULT_AT = 100.0


@pytest.mark.parametrize("moves, wanted", [
    ([("fra1", 50), ("ams1", 100.5)], 100.5),
    ([("fra1", 50), ("fra1", 100.2), ("ams1", 100.5), ("nyc1", 101)], 100.5),
    ([("fra1", 50), ("ams1", 99)], None),
    ([("fra1", 50)], None), ([], None),
    ([("nyc1", 101), ("ams1", 102)], None)],  # The first ones are no longer kept.
    ids=["moved", "busy", "before", "never", "nothing", "forgotten"])
def test_time_of_a_move_is_never_made_up(moves, wanted):
    told = {"moves": [{"site": site, "at": at} for site, at in moves]}
    assert _lab_module()._moved_at(told, "fra1", _FAULT_AT) == wanted


def _answers(catchment, lost, moves):
    return {client: {address: {"site": site, "nsid": f"ns1.{site}", "lost": lost,
                               "moves": moves.get(client, [])}
                     for address in (topology.SERVICE_V4, topology.SERVICE_V6)}
            for client, site in catchment.items()}


@pytest.fixture
def break_fra1(monkeypatch, capsys):
    """break_fra1(silent): what the lab prints when that client has not told before."""
    module, topo = _lab_module(), topology.Topology(4)
    after = _answers(topo.catchment({"fra1"}), 1,
                     {"berlin": [{"site": "fra1", "at": 50}, {"site": "ams1", "at": 100.25}]})

    def run(silent=()):
        before = {client: site for client, site in topo.catchment().items()
                  if client not in silent}
        fleet = types.SimpleNamespace(
            topo=topo, site=str, faulty_boxes=lambda *_: [], asked=lambda: _answers(before, 0, {}),
            demand=lambda *_: {"ns1.fra1": {"at": _FAULT_AT}})
        monkeypatch.setattr(module, "_faulty", lambda _: set())
        monkeypatch.setattr(module, "_faults", lambda *_: {"ns1.fra1": ["stale"]})
        monkeypatch.setattr(module, "_settled", lambda *_: after)
        module.break_site(fleet, types.SimpleNamespace(site="fra1", fault="kill"))
        return capsys.readouterr().out
    return run


def test_break_tells_of_whom_it_knows_nothing(break_fra1):
    unknown = f"Unknown, because it had not reported before: berlin {topology.SERVICE_V4}, "
    assert unknown in break_fra1(["berlin"])
    said = break_fra1(["berlin", "reykjavik"])
    assert "No client that reported was answered by it." in said and "nothing has" not in said


def test_break_prints_no_time_that_is_not_known(break_fra1):
    said = break_fra1()
    assert "fra1: kill; it had stale before" in said
    rows = [line.split() for line in said.splitlines() if line.startswith(("berlin", "reyk"))]
    assert [row[4] for row in rows] == ["0.25", "0.25", "-", "-"]
    assert "not known of each" in said and "0.00" not in said
