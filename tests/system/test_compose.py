"""The lab in containers: docker/README.md's commands as they stand there, and what they show.

Starts an engine of its own if none answers, as root; else it is skipped and says why.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree

import docker_engine
import image_build
import plain_image
import pytest
import servers
from docker_engine import eventually

_TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_TOP / "docker"))

from generate import fleet as lab_fleet  # noqa: E402
from generate import topology  # noqa: E402

_BUILD_SECONDS = 3000
_UP_SECONDS = 60
_BUSY = "a busy host makes containers hang indeed; it is tried once more"
# From the fault to the next site's answer. The sidecar's bounds are 1 s (kill) and 2 s (hang); a
# carrier waits 3 s for a link that was cut. Added: BGP, and that clients ask each 0.2 s.
_MOVE_SECONDS = {"kill": 2, "hang": 3, "servfail": 3, "stale": 4, "cut": 6}


def _run(command, timeout=120, **how):
    """Output and errors together, shown if the test fails."""
    done = subprocess.run(command, cwd=_TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, timeout=timeout, **how)
    print(f"$ {command if isinstance(command, str) else shlex.join(map(str, command))}\n"
          f"{done.stdout}")
    return done


def _lab(*arguments, **how):
    return _run(["docker/lab", *arguments], **how)


def _succeed(*arguments, **how):
    done = _lab(*arguments, **how)
    assert done.returncode == 0, done.stdout
    return done.stdout


def _of_project(kind, *more):
    done = docker_engine.run("docker", kind, "ls", "-q", *more, "--filter",
                             "label=com.docker.compose.project=hither-lab")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def _leftovers():
    return _of_project("container", "-a") + _of_project("network") + _of_project("volume")


class _Running:
    def __init__(self, up_seconds):
        self.up_seconds = up_seconds
        self.fleet = lab_fleet.Fleet(_TOP / "docker")
        self.topo = self.fleet.topo


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docker")
    try:
        lab_fleet.compose_command()
        with docker_engine.running(folder):
            docker_engine.need_base_image(folder)
            if _leftovers():
                pytest.skip("a lab is running; `docker/lab down` ends it")
            yield folder
    except (docker_engine.Unavailable, lab_fleet.LabError) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def lab(engine):
    command = _blocks()[0].splitlines()[0]
    assert command.startswith("docker build ")
    os.environ.setdefault("LAB_CONSOLE_PORT", str(servers.free_port()))
    built = _run(image_build.as_here(command, engine), timeout=_BUILD_SECONDS, shell=True)
    assert built.returncode == 0, built.stdout[-4000:]
    began = time.monotonic()
    try:
        done = _lab("up", timeout=300)
        assert done.returncode == 0, done.stdout
        yield _Running(time.monotonic() - began)
    finally:
        _lab("down", timeout=180)


@pytest.fixture
def healed(lab):
    """Whatever a test does, the next one finds all sites well."""
    yield lab
    _succeed("heal")


def _blocks():
    """The commands of the tutorial: what stands in ```sh."""
    text = (_TOP / "docker" / "README.md").read_text()
    tutorial = text.partition("## Anycast in fifteen minutes")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```", tutorial, re.DOTALL | re.MULTILINE)


# --- Up ---

def test_all_clients_are_answered_within_a_minute(lab, capsys):
    with capsys.disabled():
        print(f"\nup after {lab.up_seconds:.1f} s", end=" ")
    assert lab.up_seconds <= _UP_SECONDS


@pytest.mark.parametrize("address", [topology.SERVICE_V4, topology.SERVICE_V6])
def test_nsid_names_the_site_that_the_topology_says(lab, address):
    seen = {}
    for client in lab.topo.catchment():
        answer = _succeed("dig", client, "+nsid", f"@{address}", "example.org", "SOA")
        assert "status: NOERROR" in answer
        seen[client] = re.search(r'; NSID: .*\("?ns\d\.(\w+)"?\)', answer)[1]
    assert seen == lab.topo.catchment()


def _nsids(lab, client):
    return {one["nsid"] for one in lab.fleet.asked()[client].values()}


def test_two_nodes_share_a_site(lab):
    """The router shares out by ports."""
    seen = set()
    eventually(lambda: seen.update(_nsids(lab, "berlin")),
               lambda _: seen == {"ns1.fra1", "ns2.fra1"})


def test_all_sessions_are_established(lab):
    rows = eventually(
        lambda: [line.split() for line in _succeed("status").splitlines()[1:]],
        lambda rows: all("well" in row and ("of" not in row or row[-3] == row[-1])
                         for row in rows))
    assert len(rows) == len(lab.topo.boxes)


def test_catchment_is_a_table_and_a_picture(lab, tmp_path):
    picture = tmp_path / "catchment.svg"
    table = _succeed("catchment", "--svg", str(picture))
    for client, site in lab.topo.catchment().items():
        row = next(line.split() for line in table.splitlines() if line.startswith(client))
        assert row[3] == site and {one.partition(".")[2] for one in row[4:6]} == {site}
    root = xml.etree.ElementTree.parse(picture).getroot()
    assert root.tag.endswith("svg") and "berlin: fra1" in picture.read_text()


def test_routers_tell_their_sessions(lab):
    told = eventually(
        lambda: lab.fleet.call(lab.topo.of_kind("router"), "/sessions"),
        lambda told: all(isinstance(sessions, list)
                         and all(one["state"] == "Established" for one in sessions)
                         for sessions in told.values()))
    for name, sessions in told.items():
        assert {one["peer"] for one in sessions} == \
            {other.name for _, other in lab.topo.links_of(name)}
        for one in sessions:
            assert one["peer_as"] == lab.topo.boxes[one["peer"]].number
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", one["since"])


# --- Faults ---

def _break(lab, site, fault):
    """(the longest time until a client had moved, how many were lost), after checks."""
    said = _succeed("break", site, fault)
    wanted = lab.topo.catchment({site})
    victims = {client for client, one in lab.topo.catchment().items() if one == site}
    rows = [line.split() for line in said.splitlines() if line.split()[0] in victims]
    assert len(rows) == 2 * len(victims)  # By both addresses.
    for client, _, before, now, seconds, *_ in rows:
        assert seconds != "-", "the client no longer knows when it moved"
        assert before.endswith(f".{site}") and now.endswith(f".{wanted[client]}")
    lost = int(re.search(r"^(\d+) queries lost", said, re.MULTILINE)[1])
    assert lost >= sum(int(row[-1]) for row in rows)
    return max(float(row[4]) for row in rows), lost


@pytest.mark.parametrize("fault", _MOVE_SECONDS)
@pytest.mark.parametrize("site", ["fra1", "sin1"], ids=["bird", "frr"])
def test_clients_move_to_the_next_site(healed, capsys, site, fault):
    for attempt in range(2):
        seconds, lost = _break(healed, site, fault)
        with capsys.disabled():
            print(f"\n{site} {fault}: {seconds:.2f} s, {lost} lost", end=" ")
        if seconds <= _MOVE_SECONDS[fault]:
            break
        print(_BUSY)
        _succeed("heal")
    assert seconds <= _MOVE_SECONDS[fault], f"in the second attempt, too; {attempt}"
    if fault == "stale":
        assert lost == 0  # Less preferred, but it answers.


def test_one_node_of_two_may_die(healed):
    healed.fleet.demand([healed.topo.boxes["ns1.fra1"]], "/break?fault=kill")
    eventually(lambda: _nsids(healed, "berlin"), lambda seen: seen == {"ns2.fra1"}, seconds=20)


def test_all_but_one_may_die(healed):
    sites = healed.topo.sites()
    for count in range(1, len(sites)):
        said = _succeed("break", sites[count - 1], "kill")
        assert "answered by the next site" in said
    seen = {one["site"] for client in healed.fleet.asked().values() for one in client.values()}
    assert seen == {sites[-1]}


def test_drain_loses_nothing(healed):
    def lost():
        return sum(one["lost"] for one in healed.fleet.asked()["jakarta"].values())

    before = lost()
    admin = "unix:/run/hither-anycast/admin.sock"
    _succeed("exec", "sin1-ns1", "hither", "drain", "--wait", "--anycast", admin)
    seen = {one["site"] for one in healed.fleet.asked()["jakarta"].values()}
    time.sleep(1.5)  # A loss is told after a second.
    assert seen == {"fra1"} and lost() == before
    _succeed("exec", "sin1-ns1", "hither", "undrain", "--anycast", admin)


def test_load_is_answered(lab):
    said = _succeed("load", "nyc1", "2")
    assert "Queries completed" in said and "(100.00%)" in said


# --- The console ---

def _console_url():
    return f"http://127.0.0.1:{os.environ['LAB_CONSOLE_PORT']}"


def _order(path):
    """A button's word to the console; the status."""
    asked = urllib.request.Request(_console_url() + path, method="POST",
                                   headers={"X-Hither": "1"})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def _fleet_shown():
    try:
        with urllib.request.urlopen(_console_url() + "/api/fleet", timeout=10) as answer:
            return json.load(answer)
    except OSError as error:
        done = docker_engine.run("docker", "ps", "-a", "--filter",
                                 "label=com.docker.compose.service=console")
        raise AssertionError(f"no answer from the console: {error}\n{done.stdout}") from error


def _shown(condition, seconds=30):
    """What the console shows, once condition(it) holds."""
    return eventually(_fleet_shown, condition, seconds,
                      lambda told: json.dumps(told, indent=1)[:8000])


def _catchment_in(told):
    return {(client["name"], one["site"]) for client in told["clients"]
            for one in client["answers"]}


def _is_well(lab):
    def holds(told):
        return (_catchment_in(told) == set(lab.topo.catchment().items())
                and {link["state"] for link in told["links"]} == {"up"}
                and {node[family] and node[family]["state"] for node in told["nodes"]
                     for family in ("v4", "v6")} == {"UP"})
    return holds


def test_console_shows_the_fleet(lab):
    told = _shown(lambda told: _is_well(lab)(told) and told["serials"]
                  and all(one["agree"] for one in told["serials"]))
    assert len(told["nodes"]) == len(lab.topo.nodes()) and len(told["clients"]) == 5
    _shown(lambda told: all(site["rtt"]["samples"] for site in told["sites"]))


def test_console_shows_a_fault_and_its_end(healed):
    _shown(_is_well(healed))
    assert _order("/api/break?node=ns1.nyc1&fault=kill") == 200
    _shown(lambda told: ("boston", "nyc1") not in _catchment_in(told))
    wanted = healed.topo.catchment({"nyc1"})["boston"]
    _shown(lambda told: ("boston", wanted) in _catchment_in(told))
    _shown(lambda told: any(one["id"] == "ns1.nyc1" and one["faults"] == ["kill"] and one["v4"]
                            and one["v4"]["state"] == "DOWN" for one in told["nodes"]))
    _shown(lambda told: any(one["who"] == "ns1.nyc1" and "UP to DOWN" in one["text"]
                            for one in told["time_line"]))
    assert _order("/api/heal?node=ns1.nyc1") == 200
    _shown(_is_well(healed), seconds=60)
    assert _order("/api/break?node=r.nyc1&fault=cut") == 200
    _shown(lambda told: any(link["state"] == "down" for link in told["links"]
                            if "r.nyc1" in (link["a"], link["b"])))
    assert _order("/api/break?node=ns1.nyc1&fault=explode") == 400


def test_console_in_a_browser_with_pictures(healed, tmp_path):
    browser = pytest.importorskip("console_browser", reason="needs chromium and selenium")
    shots = pathlib.Path(os.environ.get("HITHER_SCREENSHOTS") or tmp_path) / "lab"
    shots.mkdir(parents=True, exist_ok=True)
    _shown(_is_well(healed), seconds=60)
    driver = browser.start(tmp_path / "profile")
    try:
        window = browser.Window(driver, shots)
        window.size(browser.WIDTHS[0])
        window.open(_console_url())
        answered = ("return document.querySelector('#map svg').getAttribute('aria-label')"
                    ".includes(arguments[0])")
        window.wait(answered, "paris by ams1")
        window.shots("before")
        window.tab_to("Kill ns1.ams1")
        window.press(browser.Keys.ENTER)
        window.wait(answered, f"paris by {healed.topo.catchment({'ams1'})['paris']}")
        window.shots("during")
        window.tab_to("Heal ns1.ams1")
        window.press(browser.Keys.ENTER)
        window.wait(answered, "paris by ams1")
        window.shots("after")
        assert window.errors() == []
    finally:
        driver.quit()
    assert len(list(shots.glob("*.png"))) == 6


# --- The agent ---

def _ask_agent(lab, box, path, headers, method="POST", address=None):
    """Status and JSON, or None where nobody listens; from within a client."""
    at = (address or box.management).replace(topology.PREFIX_MARK,
                                             os.environ.get("LAB_PREFIX", "10.213"))
    script = ("import http.client, json, sys\n"
              f"asked = http.client.HTTPConnection({at!r}, 8060, timeout=3)\n"
              "try:\n"
              f"    asked.request({method!r}, {path!r}, headers={headers!r})\n"
              "    answer = asked.getresponse()\n"
              "    print(json.dumps([answer.status, json.load(answer)]))\n"
              "except OSError:\n"
              "    print('null')\n")
    done = lab.fleet.execute("berlin", "python3", "-c", script, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_agent_takes_no_word_of_a_stranger(lab):
    node, router = lab.topo.boxes["ns1.ams1"], lab.topo.boxes["r.ams1"]
    ours = {"X-Hither": "1"}
    assert _ask_agent(lab, node, "/break?fault=kill", {})[0] == 403
    assert _ask_agent(lab, node, "/break?fault=fire", ours)[0] == 400
    assert _ask_agent(lab, node, "/break?fault=cut", ours)[0] == 400
    assert _ask_agent(lab, router, "/break?fault=kill", ours)[0] == 400
    assert _ask_agent(lab, router, "/drain", ours)[0] == 404
    assert _ask_agent(lab, node, "/heal", {**ours, "Content-Length": "99999"})[0] == 413
    assert _ask_agent(lab, node, "/agent", {}, "GET") == \
        [200, {"name": "ns1.ams1", "kind": "node", "faults": [], "well": True}]


def test_agent_is_on_the_management_network_alone(lab):
    europe1 = lab.topo.boxes["europe1"]
    link = next(one for one, other in lab.topo.links_of("europe1") if other.name == "berlin")
    assert _ask_agent(lab, europe1, "/agent", {}, "GET")[0] == 200
    assert _ask_agent(lab, europe1, "/agent", {}, "GET", address=link.v4("europe1")) is None


@pytest.mark.parametrize("arguments, said", [
    (["break", "rome1", "kill"], "no site 'rome1'"), (["dig", "rome"], "no client 'rome'"),
    (["exec", "rome", "true"], "no container 'rome'"), (["break", "fra1", "fire"], "'fire'")])
def test_lab_tells_what_is_wrong(lab, arguments, said):
    done = _lab(*arguments)
    assert done.returncode != 0 and said in done.stdout and "Traceback" not in done.stdout


# --- The plain image ---

@pytest.fixture
def plain(engine, lab, tmp_path):
    command = f"docker build -f docker/Dockerfile -t {plain_image.IMAGE} --target runtime ."
    built = _run(image_build.as_here(command, engine), shell=True, timeout=_BUILD_SECONDS)
    assert built.returncode == 0, built.stdout[-4000:]
    made = plain_image.Plain(tmp_path, (_TOP / "examples").glob("*.zone"))
    yield made
    made.remove_all()


@pytest.mark.parametrize("user, admin", [("hither", "127.0.0.1:8053"),
                                         ("root", "unix:/run/hither/admin.sock")])
def test_plain_image_serves_and_is_healthy(plain, user, admin):
    """As its own user, where nothing is said; or as a root with a container's rights."""
    if user == "hither":
        container = plain.start(["--user", user])
    else:
        container = plain.start(["--user", user, "-e", f"HITHER_ADMIN={admin}"],
                          f'admin: {{ listen: "{admin}" }}\n')
    plain_image.become_healthy(container)
    status = docker_engine.run("docker", "exec", container, "hither", "status", "--admin",
                               admin).stdout
    assert "example.org" in status and "plain" in status
    processes = docker_engine.run("docker", "top", container, "-o", "pid,user,comm").stdout
    # A health check that runs at this moment is the container's user's.
    owners = {line.split()[1] for line in processes.splitlines() if line.endswith(" hitherd")}
    assert owners and "root" not in owners, processes


def test_plain_image_has_hardened_programs(plain, tmp_path):
    tests = pathlib.Path(__file__).with_name("test_hardening.py")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests],
                          env={**os.environ, **plain_image.programs(tmp_path)},
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout


def test_plain_image_is_not_healthy_where_nobody_answers(plain):
    container = plain.start([], 'admin: { listen: "127.0.0.1:9999" }\n')
    plain_image.wait_until(lambda: plain_image.last_looks(container).startswith("1 "), container)
    assert plain_image.health(container) != "healthy"


def test_sidecar_shares_the_heartbeat_as_the_readme_says(plain):
    text = (_TOP / "docker" / "README.md").read_text()
    made = re.search(r"^docker volume create .* hither-run$", text, re.MULTILINE)[0]
    command = re.search(r"^  hither (hither-anycast .*)$", text, re.MULTILINE)[1].split()
    volume = f"hither-test-{os.getpid()}"
    assert _run(made.replace("hither-run", volume), shell=True).returncode == 0
    try:
        shared = ["-v", f"{volume}:/run/hither"]
        hitherd = plain.start(shared, plain_image.SIDECAR)
        plain_image.become_healthy(hitherd)
        sidecar = plain.start([*shared, "--network", f"container:{hitherd}"],
                              plain_image.SIDECAR, command)
        plain_image.become_healthy(sidecar)  # And not because hitherd is.
        said = _run(["docker", "exec", sidecar, "hither", "explain"]).stdout
        assert re.search(r"ok +local +all +responder: hitherd .*turns", said)
    finally:
        plain.remove_all()
        docker_engine.run("docker", "volume", "rm", volume)


# --- The tutorial, and the end ---

def test_tutorial_does_what_it_says(lab):
    lines = [line for block in _blocks() for line in block.splitlines()]
    assert lines[0].startswith("docker build ") and lines[-1] == "docker/lab down"
    assert len(lines) > 20
    said = {}
    try:
        for line in lines[1:]:  # The image is built.
            done = _run(line, shell=True, timeout=300)
            assert done.returncode == 0, f"{line}: {done.stdout}"
            said[line] = done.stdout
    finally:
        (_TOP / "catchment.svg").unlink(missing_ok=True)
    question = "+nsid @192.0.2.53 example.org SOA"
    assert re.search(r"ns[12]\.fra1", said[f"docker/lab dig berlin {question}"])
    assert "ns1.nyc1" in said[f"docker/lab dig boston {question}"]
    assert "ns1.sin1" in said["docker/lab dig jakarta +short @2001:db8::53 id.server CH TXT"]
    assert "ns1.ams1" in said["docker/lab break fra1 kill"]
    assert re.search(r"^0 queries lost", said["docker/lab break sin1 stale"], re.MULTILINE)


def test_down_leaves_nothing_behind(lab):
    _succeed("up", timeout=300)
    assert len(_leftovers()) == len(lab.topo.boxes) + len(lab.topo.links) + 2  # The console's.
    _succeed("down", timeout=180)
    assert _leftovers() == []


def test_another_prefix_and_another_number_of_sites(lab, tmp_path):
    _succeed("down", timeout=180)
    made = _run(["docker/gen", "--sites", "1", "--two-nodes", "none", "--out", str(tmp_path)])
    assert made.returncode == 0
    moved = {**os.environ, "LAB_PREFIX": "10.98"}
    try:
        _succeed("--folder", str(tmp_path), "up", env=moved, timeout=300)
        done = _lab("--folder", str(tmp_path), "exec", "fra1-router", "ip", "addr", env=moved)
        assert "10.98.0." in done.stdout and "10.213." not in done.stdout
    finally:
        _succeed("--folder", str(tmp_path), "down", env=moved, timeout=180)
    assert _leftovers() == []
