"""docker/gen: what it makes is what is committed, and is right for each number of sites. Needs no
engine: see test_compose.py for the lab itself."""

import ipaddress
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

import pytest
import yaml

_DOCKER = pathlib.Path(__file__).resolve().parents[2] / "docker"
sys.path.insert(0, str(_DOCKER))
sys.path.insert(0, str(_DOCKER / "agent"))

from generate import files, picture, topology  # noqa: E402
from generate import fleet as lab_fleet  # noqa: E402

_PREFIX = "10.99"
_FRR_ROUTERS = {box.service for box in topology.Topology(topology.SITES_MAX).boxes.values()
                if box.program == "frr"}
_COUNTS = range(1, topology.SITES_MAX + 1)


def _gen(out, *arguments):
    return subprocess.run([sys.executable, "-B", str(_DOCKER / "gen"), "--out", str(out),
                           *arguments], capture_output=True, text=True, check=False, timeout=60)


def _texts(folder):
    return {str(path.relative_to(folder)): path.read_text()
            for path in [*folder.glob("fleet/**/*"), folder / "compose.yaml", folder / ".env"]
            if path.is_file()}


def test_committed_files_are_what_gen_makes(tmp_path):
    done = _gen(tmp_path)
    assert done.returncode == 0, done.stderr
    made, committed = _texts(tmp_path), _texts(_DOCKER)
    assert sorted(made) == sorted(committed), "docker/gen makes other files; run it"
    assert [path for path in made if made[path] != committed[path]] == [], "run docker/gen"


def test_gen_leaves_nothing_of_an_earlier_run(tmp_path):
    (tmp_path / "mine").write_text("kept\n")
    assert _gen(tmp_path, "--sites", "6").returncode == 0
    assert _gen(tmp_path, "--sites", "2", "--two-nodes", "none").returncode == 0
    names = {path.name for path in (tmp_path / "fleet").iterdir()}
    assert "ams1-router" in names and not {"nyc1-router", "fra1-ns2"} & names
    assert (tmp_path / "mine").exists()


@pytest.mark.parametrize("arguments, said", [
    (["--sites", "0"], "1 to 12"), (["--sites", "13"], "1 to 12"),
    (["--two-nodes", "rome1"], "no such site: rome1")])
def test_gen_tells_what_is_wrong(tmp_path, arguments, said):
    done = _gen(tmp_path, *arguments)
    assert done.returncode == 2 and said in done.stderr
    assert not list(tmp_path.iterdir())


def _compose(topo):
    return yaml.safe_load(files.compose(topo, True).replace("${LAB_PREFIX:-10.213}", _PREFIX))


@pytest.mark.parametrize("count", _COUNTS)
def test_compose_gives_each_interface_its_own_address(count):
    topo = topology.Topology(count)
    told = _compose(topo)
    subnets = {name: ipaddress.ip_network(network["ipam"]["config"][0]["subnet"])
               for name, network in told["networks"].items()}
    assert len(set(subnets.values())) == len(subnets)
    taken = {subnet[1] for subnet in subnets.values()}  # Docker's own.
    for service in told["services"].values():
        for name, how in service["networks"].items():
            address = ipaddress.ip_address(how["ipv4_address"])
            assert address in subnets[name] and address not in taken
            taken.add(address)
    at_ends = sum(len(service["networks"]) for service in told["services"].values())
    assert at_ends == 2 * len(topo.links) + len(topo.boxes) + 1  # The console's.


@pytest.mark.parametrize("count", _COUNTS)
def test_each_client_has_a_nearest_site_and_a_next_one(count):
    topo = topology.Topology(count)
    nearest = topo.catchment()
    assert set(topo.sites()) == set(nearest.values())
    for site in topo.sites():
        without = topo.catchment({site})
        assert site not in without.values()
        assert (None in without.values()) == (count == 1)
        assert all(without[client] == nearest[client] for client in nearest
                   if nearest[client] != site)


def test_the_next_site_is_on_the_same_continent():
    topo = topology.Topology(4)
    assert topo.catchment() == {"berlin": "fra1", "paris": "ams1", "boston": "nyc1",
                                "jakarta": "sin1", "reykjavik": "fra1"}
    assert topo.catchment({"fra1"})["berlin"] == "ams1"
    assert topo.catchment({"fra1"})["reykjavik"] == "nyc1"  # By its other carrier.


def test_nothing_but_the_variable_names_the_prefix():
    for path, text in files.make(topology.Topology(12), True).items():
        rest = text.replace("${LAB_PREFIX:-10.213}", "") if path == "compose.yaml" else text
        assert "10.213" not in rest, path


def test_no_container_has_more_rights_than_it_needs():
    told = _compose(topology.Topology(12))
    for name, service in told["services"].items():
        assert not service.get("privileged") and "docker.sock" not in str(service)
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["cap_drop"] == ["ALL"], name
        assert set(service["cap_add"]) == _rights(name), name
    console = told["services"]["console"]
    assert console["ports"] == ["127.0.0.1:${LAB_CONSOLE_PORT:-8080}:8080"]
    assert console["user"] == "953:953"


def _rights(name):
    """Found by trial: with one less, something fails in the lab of test_compose.py."""
    if name == "console":
        return set()
    is_node, is_frr = re.search(r"-ns\d$", name), name in _FRR_ROUTERS
    users = {"CHOWN", "DAC_OVERRIDE", "KILL", "SETGID", "SETUID"} if is_node or is_frr else set()
    frr = {"NET_BIND_SERVICE", "NET_RAW", "SYS_ADMIN"} if is_frr else set()
    return {"NET_ADMIN"} | users | frr


@pytest.mark.parametrize("count", _COUNTS)
def test_the_image_is_built_once(count):
    """Compose of today builds all at once: of many builds of one name, all but one fail."""
    services = _compose(topology.Topology(count))["services"]
    first, *others = services  # docker-compose 1.29 looks in this order, and would pull.
    assert [name for name, service in services.items() if "build" in service] == [first]
    assert services[first]["pull_policy"] == "if_not_present"
    assert {services[name]["pull_policy"] for name in others} == {"never"}
    assert {service["image"] for service in services.values()} == {lab_fleet.IMAGE}


def test_networks_let_packets_of_others_pass():
    """Since 28, an engine drops what comes to a container from another network than its own, in
    each mode but these, if netfilter sees what bridges pass. `routed` is known since 27."""
    networks = _compose(topology.Topology(4))["networks"]
    mode = "com.docker.network.bridge.gateway_mode_ipv4"
    for name, network in networks.items():
        options = network["driver_opts"]
        assert options["com.docker.network.bridge.enable_ip_masquerade"] == "false"
        assert options.get(mode) == (None if name == "management" else "routed"), name


def test_clients_ask_from_addresses_that_the_engine_does_not_know(tmp_path):
    topo = topology.Topology(12)
    _render(tmp_path, topo)
    subnets = [ipaddress.ip_network(network["ipam"]["config"][0]["subnet"])
               for network in _compose(topo)["networks"].values()]
    for box in topo.of_kind("client"):
        own = box.own_addresses()[0].replace(topology.PREFIX_MARK, _PREFIX)
        assert not [one for one in subnets if ipaddress.ip_address(own) in one]
        config = (tmp_path / "fleet" / box.service / "bird.conf").read_text()
        assert f"krt_prefsrc = {own};" in config


# --- Health checks ---

def test_console_that_hangs_is_not_well():
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # The kernel takes connections for it.
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/healthz"
        assert _look(url).returncode == 1
    done = _look(url)
    assert done.returncode == 1 and "refused" in done.stderr and "Traceback" not in done.stderr


def test_console_that_answers_is_well(tmp_path):
    _render(tmp_path, topology.Topology(1))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    console = subprocess.Popen([os.environ.get("HITHER", "hither"), "console", "--fleet",
                                tmp_path / "fleet" / "fleet.yaml", "--listen",
                                f"127.0.0.1:{port}"])
    try:
        give_up_at = time.monotonic() + 30
        while (done := _look(f"http://127.0.0.1:{port}/healthz")).returncode != 0:
            assert time.monotonic() < give_up_at and console.poll() is None, done.stderr
            time.sleep(0.2)
        assert _look(f"http://127.0.0.1:{port}/nothing").returncode == 1
    finally:
        console.terminate()
        console.wait(60)
    check = _compose(topology.Topology(1))["services"]["console"]["healthcheck"]["test"]
    assert check == ["CMD", "/opt/lab/agent/agent", "look"]


def _look(url):
    return subprocess.run([sys.executable, "-B", str(_DOCKER / "agent" / "agent"), "look", url],
                          capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("command, more, wanted", [
    ("hitherd --config /etc/hither/hither.yaml", {},
     "status --anycast none --admin 127.0.0.1:8053"),
    ("hitherd", {"HITHER_ADMIN": "unix:/run/hither/admin.sock"},
     "status --anycast none --admin unix:/run/hither/admin.sock"),
    ("hither-anycast --config x", {}, "explain --anycast 127.0.0.1:8054"),
    ("/sbin/docker-init -- /usr/sbin/hither-anycast --config x",
     {"HITHER_ANYCAST_ADMIN": "unix:/run/x"}, "explain --anycast unix:/run/x")])
def test_health_check_asks_the_daemon_that_runs(tmp_path, command, more, wanted):
    (tmp_path / "hither").write_text("#!/bin/sh\necho \"$*\"\nexit 1\n")
    (tmp_path / "hither").chmod(0o755)
    (tmp_path / "first").write_bytes(b"".join(word.encode() + b"\0" for word in command.split()))
    done = subprocess.run([_DOCKER / "health", tmp_path / "first"], capture_output=True, text=True,
                          env={"PATH": f"{tmp_path}:/usr/bin:/bin", **more}, check=False,
                          timeout=20)
    assert done.stdout.strip() == wanted and done.returncode == 1
    assert 'CMD ["/usr/lib/hither/health"]' in (_DOCKER / "Dockerfile").read_text()


def test_no_file_comes_into_the_image_with_its_own_time():
    """COPY keeps times: those of a build, or of a checkout."""
    stages = re.split(r"^FROM .* AS (\w+)$", (_DOCKER / "Dockerfile").read_text(),
                      flags=re.MULTILINE)
    texts = dict(zip(stages[1::2], stages[2::2]))
    for stage in ("runtime", "lab"):
        copies = re.findall(r"^(?:COPY|ADD) .*", texts[stage], re.MULTILINE)
        assert copies and all(one.startswith("COPY --from=files ") for one in copies), copies
    last = texts["files"].strip().splitlines()[-1]
    assert last.startswith("RUN find ") and "touch" in last
    wanted = set(re.findall(r"^!(docker/\S+)", (_DOCKER.parent / ".dockerignore").read_text(),
                            re.MULTILINE))
    assert wanted == set(re.findall(r"^COPY (docker/\S+)", texts["files"], re.MULTILINE))


def test_the_image_is_built_of_every_folder_of_the_sources():
    """CI gives the image programs that it has built itself, and would not see one missing."""
    text = (_DOCKER.parent / "CMakeLists.txt").read_text()
    folders = {one.partition("/")[0]
               for one in re.findall(r"(?:add_subdirectory\(|include\((?=\S+/))(\S+)\)", text)}
    assert len(folders) > 4
    copied = set(re.findall(r"^COPY (\w+) \1$", (_DOCKER / "Dockerfile").read_text(), re.MULTILINE))
    allowed = set(re.findall(r"^!(\w+)$", (_DOCKER.parent / ".dockerignore").read_text(),
                             re.MULTILINE))
    assert folders - {"tests"} == copied <= allowed


def _render(folder, topo):
    for path, text in files.make(topo).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text.replace(topology.PREFIX_MARK, _PREFIX))


@pytest.mark.skipif(not shutil.which("bird"), reason="no bird")
@pytest.mark.parametrize("count", [1, 4, 12])
def test_bird_can_read_its_configurations(tmp_path, count):
    _render(tmp_path, topology.Topology(count))
    for path in tmp_path.glob("fleet/*/bird.conf"):
        done = subprocess.run(["bird", "-p", "-c", path], capture_output=True, text=True,
                              check=False, timeout=20)
        assert done.returncode == 0, f"{path}: {done.stderr}"


@pytest.mark.skipif(not os.path.exists("/usr/lib/frr/bgpd"), reason="no frr")
def test_frr_can_read_its_configurations(tmp_path):
    _render(tmp_path, topology.Topology(12))
    paths = list(tmp_path.glob("fleet/*/bgpd.conf"))
    assert len(paths) == 6
    for path in paths:
        done = subprocess.run(["/usr/lib/frr/bgpd", "-C", "-f", path], capture_output=True,
                              text=True, check=False, timeout=20)
        assert done.returncode == 0 and "rror" not in done.stdout + done.stderr, done.stderr


@pytest.mark.parametrize("count", [1, 4, 12])
def test_daemons_can_read_their_configurations(tmp_path, count):
    _render(tmp_path, topology.Topology(count))
    for path in sorted(tmp_path.glob("fleet/*/hither.yaml")):
        text = path.read_text()
        # The account is the image's.
        path.write_text(re.sub(r"^user: hither$", "user: root", text, flags=re.MULTILINE))
        for program in (os.environ.get("HITHERD", "hitherd"),
                        os.environ.get("HITHER_ANYCAST", "hither-anycast")):
            done = subprocess.run([program, "--config", path, "--check"], capture_output=True,
                                  text=True, check=False, timeout=20)
            assert done.returncode == 0, f"{path}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("count", _COUNTS)
def test_the_console_can_read_its_fleet(tmp_path, count):
    topo = topology.Topology(count)
    _render(tmp_path, topo)
    done = subprocess.run([os.environ.get("HITHER", "hither"), "console", "--check", "--fleet",
                           tmp_path / "fleet" / "fleet.yaml"], capture_output=True, text=True,
                          check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    assert f"{count} sites, {len(topo.nodes())} nodes" in done.stdout


@pytest.mark.parametrize("count", [1, 4, 12])
def test_fleet_names_all_that_there_is(count):
    topo = topology.Topology(count)
    told = yaml.safe_load(files.fleet(topo))
    assert [site["name"] for site in told["sites"]] == topo.sites()
    nodes = {f"{node['name']}.{site['name']}" for site in told["sites"] for node in site["nodes"]}
    assert nodes == {box.name for box in topo.nodes()}
    routers = {router["name"] for router in told["routers"]}
    assert all(set(link) <= routers for link in told["links"])
    assert all(client["router"] in routers for client in told["clients"])


def test_agents_are_told_of_both_ends():
    topo = topology.Topology(4)
    told = {path.split("/")[1]: json.loads(text) for path, text in files.make(topo).items()
            if path.endswith("agent.json")}
    ends = {link["v4"]: link["peer_v4"] for one in told.values() for link in one["links"]}
    assert len(ends) == 2 * len(topo.links)
    assert all(ends[ends[address]] == address for address in ends)


def test_picture_names_who_answers():
    topo = topology.Topology(4)
    drawn = picture.svg(topo, {**topo.catchment(), "boston": None})
    assert "berlin: fra1" in drawn and "boston: nobody" in drawn
    assert drawn.count("<line") == 4  # Nobody has none.
