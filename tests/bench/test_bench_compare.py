"""bench/compare as a whole, on tiny zones: that it measures, and leaves nothing behind."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("HITHER_BUILD", TOP / "build/release"))
COMPARE = TOP / "bench/compare"
PEERS = [kind for kind in ("nsd", "knotd", "named", "pdns_server")
         if shutil.which(kind) or shutil.which(kind, path="/usr/sbin")]

pytestmark = [
    pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="bench/compare needs two cores"),
    pytest.mark.skipif("nsd" not in PEERS, reason="nsd is not installed: nothing to compare with"),
    pytest.mark.skipif(not (BUILD / "bench/volley").exists(),
                       reason=f"no {BUILD}/bench/volley: build the target bench_tools"),
]


def command(folder, *arguments):
    return [COMPARE, "--quick", "--build", BUILD, "--data", folder / "data", *arguments]


def compare(folder, *arguments):
    return subprocess.run(command(folder, *arguments), capture_output=True, text=True, timeout=250)


def test_small(tmp_path):
    done = compare(tmp_path, "small", "--output", tmp_path / "made/out.v1")
    # 1: a peer answered otherwise, which may be: their versions are not ours to choose.
    assert done.returncode in (0, 1), done.stderr
    results = json.loads((tmp_path / "made/out.v1.json").read_text())
    scenario, = results["scenarios"]
    servers = {server["kind"]: server for server in scenario["servers"]}
    assert set(servers) == {"echo", "echo-as-long", "hitherd", *PEERS}, done.stderr
    assert not [line for line in scenario["wrong"] if "hitherd" in line]
    for kind, server in servers.items():
        assert server["median"]["answers_per_second"] > 0, kind
        assert server["median"]["total_us"] > 0, kind
        assert server["pss_bytes"] > 0 and server["start_seconds"] > 0, kind
    assert done.stdout.strip() == (tmp_path / "made/out.v1.md").read_text().strip()
    assert "| Hither 0" in done.stdout and "| NSD " in done.stdout
    xml.etree.ElementTree.parse(tmp_path / "made/out.v1.svg")


@pytest.mark.parametrize("name", ["tld", "nsec3", "growth", "many"])
def test_other_scenarios_with_hitherd_alone(tmp_path, name):
    if name == "nsec3" and not shutil.which("ldns-signzone"):
        pytest.skip("ldns-signzone is not installed: no signed zones")
    done = compare(tmp_path, name, "--servers", "echo,hitherd")
    assert done.returncode == 0, done.stderr
    assert "| Hither 0" in done.stdout


def test_many_are_as_many_as_asked_for(tmp_path):
    done = compare(tmp_path, "many", "--zones", "150", "--servers", "echo,hitherd")
    assert done.returncode == 0, done.stderr
    assert "Many zones: 150 of" in done.stdout


@pytest.mark.parametrize("arguments, told", [
    (["smal"], "no scenario 'smal'"),
    (["small", "--servers", "bind"], "no server 'bind'"),
    (["small", "--nsd", "/nonexistent/nsd"], "no /nonexistent/nsd"),
    (["small", "--cores", "0,0"], "needs two cores"),
    (["small", "--cores", "x"], "--cores"),
    (["small", "--rounds", "0"], "--rounds"),
    (["--output", "FOLDER/file/out"], "--output: cannot write in FOLDER/file"),
    (["--output", "FOLDER/taken"], "--output: cannot write FOLDER/taken.json"),
    (["--output", "."], "--output .: add the name of the files"),
    (["--data", "FOLDER/file/data"], "--data: cannot write in FOLDER/file/data"),
    (["--build", "FOLDER/build"], "no FOLDER/build/bench/volley"),
])
def test_mistakes_are_told_before_it_measures(tmp_path, arguments, told):
    (tmp_path / "file").write_text("")
    (tmp_path / "taken.json").mkdir()
    (tmp_path / "build/bench").mkdir(parents=True)  # Has all but volley.
    for program in ("hitherd", "bench/echo"):
        (tmp_path / "build" / program).symlink_to(BUILD / program)
    done = compare(tmp_path, *(text.replace("FOLDER", str(tmp_path)) for text in arguments))
    assert done.returncode != 0
    assert told.replace("FOLDER", str(tmp_path)) in done.stderr
    assert "Traceback" not in done.stderr and "==" not in done.stderr


def test_interrupted_it_ends_its_servers(tmp_path):
    """They are told apart from others' by the folder that they were started in."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with open(tmp_path / "err", "w+") as err:
        process = subprocess.Popen(
            command(tmp_path, "small", "--servers", "echo,hitherd,nsd", "--rounds", "1000"),
            stdout=subprocess.DEVNULL, stderr=err, env=environment)
        deadline = time.monotonic() + 60
        while "== round" not in (tmp_path / "err").read_text():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        assert servers_in(tmp_path)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert not servers_in(tmp_path)


def servers_in(folder):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            cwd = os.readlink(entry / "cwd")
        except OSError:  # Gone, or not ours to see.
            continue
        if cwd.startswith(str(folder)):
            found.append((entry.name, cwd))
    return found
