"""`hither console`: its pages beside real daemons, agents that pretend, and fleets in trouble."""

import http.client
import json
import re
import socket
import subprocess
import threading
import time

import pytest
import servers
from console_fleet import SERIAL, Console, FakeFleet, RealNode

_X_HITHER = {"X-Hither": "1"}


@pytest.fixture(scope="module")
def lab(hither, make_folder):
    fleet = FakeFleet()
    console = Console(make_folder("console"), fleet.yaml())
    console.fake = fleet
    console.wait(lambda told: all(node["v4"] for node in told["nodes"])
                 and all(client["answers"] for client in told["clients"]))
    yield console
    code = console.stop()
    fleet.stop()
    assert code == 0


def _post(console, path, headers=None):
    code, _, body = console.request("POST", path, headers or _X_HITHER)
    return code, json.loads(body) if body.startswith(b"{") else body


def _node(fleet, name):
    return next(node for node in fleet["nodes"] if node["id"] == name)


def _state(fleet, name):
    node = _node(fleet, name)
    return node["v4"] and node["v4"]["state"]


def _site_of(fleet, client):
    told = next(one for one in fleet["clients"] if one["name"] == client)
    return told["answers"][0]["site"] if told["answers"] else None


def test_a_real_node_is_shown_and_its_end_too(hither, sidecar, make_folder):
    node = RealNode(make_folder("node"), sidecar)
    fleet = (f"addresses: ['127.0.0.1:{node.port}']\nsites:\n  - name: fra1\n    nodes: "
             f"[{{ name: ns1, hitherd: {node.hitherd}, anycast: {node.anycast} }}]\n")
    console = Console(make_folder("console"), fleet)
    try:
        told = console.wait(lambda fleet: _state(fleet, "ns1.fra1") == "UP"
                            and not fleet["nodes"][0]["errors"])
        assert not told["has_agents"]
        told = console.wait(lambda fleet: _site_of(fleet, "here") == "fra1" and fleet["serials"])
        assert told["serials"] == [{"zone": "example.", "sites": {"fra1": [SERIAL]}, "agree": True}]
        told = console.wait(lambda fleet: fleet["nodes"][0]["queries_per_second"] is not None)
        servers.run_hither("drain", "--confirm", "--anycast", node.admin)
        console.wait(lambda fleet: _state(fleet, "ns1.fra1") in ("DRAIN", "DOWN"))
        assert console.node("ns1.fra1")["drained"]
        node.server.process.kill()
        node.server.process.wait()
        told = console.wait(lambda fleet: any("hitherd: nothing listens there" in error
                                              for error in fleet["nodes"][0]["errors"])
                            and any("answered by nobody, was fra1" in entry["text"]
                                    for entry in fleet["time_line"]))
        assert told["nodes"][0]["zones"] == []
        # DRAIN is over after some seconds, which a console on a busy host may not have seen.
        assert any(re.match("dns IPv4 UP to D(RAIN|OWN)", entry["text"])
                   for entry in told["time_line"])
    finally:
        code = console.stop()
        node.stop()
    assert code == 0


def test_a_break_moves_clients_and_heal_brings_them_back(lab):
    assert _site_of(lab.fleet(), "boston") == "nyc1"
    assert _post(lab, "/api/break?node=ns1.nyc1&fault=kill") == (
        200, {"done": "kill", "node": "ns1.nyc1"})
    told = lab.wait(lambda fleet: _site_of(fleet, "boston") == "ams1"
                    and _state(fleet, "ns1.nyc1") == "DOWN"
                    and any(n["faults"] == ["kill"] for n in fleet["nodes"]))
    told = lab.wait(lambda fleet: any(n["errors"] for n in fleet["nodes"]))
    texts = [f"{entry['who']} {entry['text']}" for entry in told["time_line"]]
    assert "ns1.nyc1 operator: kill" in texts and "ns1.nyc1 fault active: kill" in texts
    assert "boston 192.0.2.53 is answered by ams1, was nyc1" in texts
    assert any(text.startswith("ns1.nyc1 dns IPv4 UP to DOWN: hitherd is out of") for text in texts)
    assert _post(lab, "/api/heal?node=ns1.nyc1")[0] == 200
    told = lab.wait(lambda fleet: _site_of(fleet, "boston") == "nyc1"
                    and _state(fleet, "ns1.nyc1") == "UP"
                    and not any(n["errors"] for n in fleet["nodes"]))
    assert told["sites"][2]["rtt"]["samples"] > 0


def test_a_cut_shows_at_the_links(lab):
    def link(fleet, a, b):
        return next(one["state"] for one in fleet["links"] if {one["a"], one["b"]} == {a, b})

    lab.wait(lambda fleet: link(fleet, "r.sin1", "transit-c") == "up")
    assert _post(lab, "/api/break?node=r.sin1&fault=cut")[0] == 200
    told = lab.wait(lambda fleet: link(fleet, "r.sin1", "transit-c") == "down")
    assert link(told, "transit-a", "transit-b") == "up"
    lab.wait(lambda fleet: [site["name"] for site in fleet["sites"]
                            if not site["announced"]] == ["sin1"])
    _post(lab, "/api/heal?node=r.sin1")
    lab.wait(lambda fleet: link(fleet, "r.sin1", "transit-c") == "up")


def test_drain_and_undrain(lab):
    _post(lab, "/api/drain?node=ns1.ams1")
    lab.wait(lambda fleet: _state(fleet, "ns1.ams1") == "DRAIN")
    _post(lab, "/api/undrain?node=ns1.ams1")
    lab.wait(lambda fleet: _state(fleet, "ns1.ams1") == "UP")


@pytest.mark.parametrize("path, code", [
    ("/api/break?node=ns9.fra1&fault=kill", 404),
    ("/api/break?node=ns1.fra1&fault=fire", 400),
    ("/api/break?node=ns1.fra1&fault=cut", 400),
    ("/api/break?node=ns1.fra1&fault=kill%20HTTP/1.1%0d%0aX:", 400),
    ("/api/break?node=r.fra1&fault=kill", 400),
    ("/api/drain?node=r.fra1", 400),
    ("/api/break", 404),
    ("/api/nothing", 404),
])
def test_what_is_no_command_reaches_no_agent(lab, path, code):
    before = {name: len(one.asked) for name, one in lab.fake.nodes.items()}
    assert _post(lab, path)[0] == code
    assert before == {name: len(one.asked) for name, one in lab.fake.nodes.items()}


def test_a_foreign_page_can_order_and_read_nothing(lab):
    path = "/api/break?node=ns1.fra1&fault=kill"
    assert lab.request("POST", path)[0] == 403  # A form cannot add the header.
    assert lab.request("GET", path, _X_HITHER)[0] == 405
    for host in ("evil.example", f"evil.example:{lab.port}", "127.0.0.1.evil.example", ""):
        assert lab.request("POST", path, {**_X_HITHER, "Host": host})[0] == 403
        assert lab.request("GET", "/api/fleet", {"Host": host})[0] == 403
    for host in ("localhost", f"localhost:{lab.port}", f"127.0.0.1:{lab.port}", "[::1]:8080"):
        assert lab.request("GET", "/api/fleet", {"Host": host})[0] == 200
    assert lab.request("OPTIONS", path, {"Origin": "http://evil.example"})[0] == 405
    assert not lab.fake.nodes["ns1.fra1"].faults


def test_a_name_for_browsers(hither, make_folder):
    fleet = FakeFleet()
    console = Console(make_folder("console"), fleet.yaml(), "--host", "console.example")
    try:
        for host, code in (("console.example", 200), ("Console.Example:8080", 200),
                           ("other.example", 403)):
            assert console.request("GET", "/api/fleet", {"Host": host})[0] == code
    finally:
        console.stop()
        fleet.stop()


def test_the_page_loads_nothing_from_elsewhere(lab):
    for path, kind in (("/", "text/html"), ("/console.css", "text/css"),
                       ("/console.js", "text/javascript"), ("/icon.svg", "image/svg+xml")):
        code, headers, body = lab.request("GET", path)
        assert code == 200 and headers["Content-Type"].startswith(kind)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and headers["X-Content-Type-Options"] == "nosniff"
        text = body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text
    assert lab.request("GET", "/healthz")[0] == 200


class Listener:
    """GET /events, read as it comes."""

    def __init__(self, console):
        self._connection = http.client.HTTPConnection("127.0.0.1", console.port, timeout=20)
        self._connection.request("GET", "/events")
        self.reply = self._connection.getresponse()

    def event(self):
        name = None
        while True:
            line = self.reply.readline().decode().rstrip("\n")
            assert line or not self.reply.isclosed(), "the stream has ended"
            if line.startswith("event: "):
                name = line[7:]
            if line.startswith("data: "):
                return name, json.loads(line[6:])

    def close(self):
        self._connection.sock and self._connection.sock.shutdown(socket.SHUT_RDWR)
        self.reply.close()
        self._connection.close()


def test_events_come_without_being_asked_for(lab):
    listener = Listener(lab)
    assert listener.reply.getheader("Content-Type") == "text/event-stream"
    name, first = listener.event()
    _, second = listener.event()
    assert name == "fleet" and first["title"] == "Hither lab"
    assert second["now_ms"] > first["now_ms"]
    listener.close()


def _listener(lab, seconds=30):
    """One that has a place: that of one which has gone comes free when a write to it fails."""
    deadline = time.monotonic() + seconds
    while True:
        listener = Listener(lab)
        if listener.reply.status == 200:
            return listener
        listener.close()
        assert time.monotonic() < deadline, "no place comes free"
        time.sleep(0.2)


def test_listeners_have_a_limit_and_others_are_served_all_the_same(lab):
    listeners = [_listener(lab) for _ in range(16)]
    try:
        assert all(one.event()[0] == "fleet" for one in listeners)
        code, _, body = lab.request("GET", "/events")
        assert code == 503 and b"too many pages are open" in body
        assert lab.request("GET", "/")[0] == 200
    finally:
        for one in listeners:
            one.close()
    _listener(lab).close()


def test_deaf_listeners_lose_their_places(hither, make_folder):
    """Sixteen that connect and never read: others get in soon, not after an hour."""
    fleet = FakeFleet()
    for node in fleet.nodes.values():  # A larger page, so that all buffers are full soon.
        node.state = lambda: ("UP", "healthy", "x" * 300)
    console = Console(make_folder("console"), fleet.yaml())
    deaf = []
    try:
        for _ in range(16):
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            one.connect(("127.0.0.1", console.port))
            one.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert one.recv(1)  # It has a place.
            deaf.append(one)
        assert console.request("GET", "/events")[0] == 503
        _listener(console, 240).close()
    finally:
        for one in deaf:
            one.close()
        assert console.stop() == 0
        fleet.stop()


def test_commands_that_hang_hold_up_neither_pages_nor_the_end(hither, make_folder):
    """Eight orders to an agent that never answers: two wait, six are refused, all else goes on."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        fleet = FakeFleet()
        address = "127.0.0.1:%d" % silent.getsockname()[1]
        agent = fleet.nodes["ns1.fra1"].agent
        console = Console(make_folder("console"), fleet.yaml().replace(agent, address))
        codes = []

        def order():
            codes.append(_post(console, "/api/heal?node=ns1.fra1"))

        threads = [threading.Thread(target=order) for _ in range(8)]
        try:
            for thread in threads:
                thread.start()
            deadline = time.monotonic() + 30
            while len(codes) < 6:
                assert time.monotonic() < deadline, codes
                time.sleep(0.05)
            assert console.request("GET", "/api/fleet")[0] == 200
            assert [code for code, _ in codes] == [503] * 6
            began = time.monotonic()
            assert console.stop() == 0
            assert time.monotonic() - began < 8  # A command may take 15 s.
        finally:
            for thread in threads:
                thread.join()
            fleet.stop()
    assert [code for code, _ in codes[6:]] == [502] * 2
    assert "the console is shutting down" in codes[7][1]["error"]


def test_without_agents_nothing_can_be_ordered(hither, make_folder):
    fleet = FakeFleet()
    console = Console(make_folder("console"), fleet.yaml(agents=False))
    try:
        told = console.wait(lambda told: all(node["v4"] for node in told["nodes"]))
        assert not told["has_agents"]
        for verb in ("break", "heal", "drain", "undrain"):
            assert _post(console, f"/api/{verb}?node=ns1.fra1&fault=kill")[0] == 404
        assert {link["state"] for link in told["links"]} == {"unknown"}
    finally:
        console.stop()
        fleet.stop()


def test_garbage_and_wrong_nodes_are_errors_and_no_more(lab):
    node = lab.fake.nodes["ns2.fra1"]
    node.garbage = True
    told = lab.wait(lambda fleet: len(_node(fleet, "ns2.fra1")["errors"]) == 2)
    errors = _node(told, "ns2.fra1")["errors"]
    assert "hitherd: the answer is not a server's status" in errors[0]
    assert "hither-anycast: does not answer with a JSON object" in errors[1]
    node.garbage, node.node = False, "ns9"
    lab.wait(lambda fleet: any("is ns9.fra1, not ns2.fra1" in error
                               for error in _node(fleet, "ns2.fra1")["errors"]))
    node.node = "ns2"
    told = lab.wait(lambda fleet: not _node(fleet, "ns2.fra1")["errors"])
    assert any(entry["who"] == "ns2.fra1" and entry["text"] == "hitherd answers again"
               for entry in told["time_line"])


def test_a_serial_that_lags_is_seen(lab):
    lab.fake.nodes["ns1.sin1"].serial = SERIAL - 1
    told = lab.wait(lambda fleet: not fleet["serials"][0]["agree"])
    assert told["serials"][0]["sites"]["sin1"] == [SERIAL - 1]
    assert told["serials"][1]["agree"]
    lab.fake.nodes["ns1.sin1"].serial = SERIAL
    lab.wait(lambda fleet: fleet["serials"][0]["agree"])


def test_a_page_that_never_ends_holds_up_nobody(hither, make_folder):
    """It accepts, says half of an answer, and waits: the other pages are asked each second."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fleet = FakeFleet()
        port = silent.getsockname()[1]
        site = (f"  - name: odd1\n    nodes: [{{ name: ns1, hitherd: 127.0.0.1:{port}, "
                f"anycast: 127.0.0.1:{port} }}]")
        console = Console(make_folder("console"), fleet.yaml(sites=site))
        try:
            console.wait(lambda told: any("no answer within" in error for node
                                          in told["nodes"] for error in node["errors"])
                         and sum(1 for node in told["nodes"] if node["v4"]) == 5)
        finally:
            console.stop()
            fleet.stop()


def test_many_that_hang_keep_no_one_waiting(hither, make_folder):
    """More pages that never answer than are asked at a time, all before the one that does."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as silent:
        address = "127.0.0.1:%d" % silent.getsockname()[1]
        fleet = FakeFleet()
        good = fleet.nodes["ns1.fra1"]
        page = f"hitherd: {address}, anycast: {address}"
        sites = [f"  - name: d{i}\n    nodes: [" + ", ".join(
            f"{{ name: n{k}, {page} }}" for k in range(16)) + "]" for i in range(9)]
        sites.append(f"  - name: fra1\n    nodes: [{{ name: ns1, hitherd: {good.hitherd}, "
                     f"anycast: {good.anycast} }}]")
        console = Console(make_folder("console"), "sites:\n" + "\n".join(sites) + "\n")
        try:
            for _ in range(2):  # And not only at first.
                before = good.queries
                console.wait(lambda told: told["nodes"][-1]["v4"] and good.queries > before)
        finally:
            console.stop()
            fleet.stop()


def test_the_fleet_is_checked(hither, folder):
    path = folder / "fleet.yaml"
    path.write_text("sites:\n  - name: fra1\n    nods: []\nlinks: [[a, b]]\n")
    done = servers.run_hither("console", "--fleet", str(path), "--check")
    assert done.returncode == 1
    assert f"{path}:3: unknown key 'nods'; did you mean 'nodes'?" in done.stderr
    assert f"{path}:4: unknown router 'a'" in done.stderr
    path.write_text(FakeFleet().yaml())
    done = servers.run_hither("console", "--fleet", str(path), "--check")
    assert done.returncode == 0 and "4 sites, 5 nodes, 7 routers, 6 clients" in done.stdout


def test_few_descriptors_are_an_error_and_no_abort(hither, folder):
    path = folder / "fleet.yaml"
    path.write_text("addresses: ['127.0.0.1:9']\nsites:\n  - name: fra1\n"
                    "    nodes: [{ name: ns1, hitherd: 127.0.0.1:9 }]\n")
    refused = 0
    for files in range(5, 40):
        limits = ["prlimit", f"--nofile={files}", servers.hither_path()]
        done = subprocess.run([*limits, "sites", "127.0.0.1:9", "--timeout", "0.2s"],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode >= 0, (files, done.stderr)
        console = subprocess.Popen([*limits, "console", "--fleet", str(path), "--listen",
                                    "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
        line = console.stderr.readline()
        console.terminate()
        code = console.wait(20)
        console.stderr.close()
        if "http://" in line:
            break
        assert code == 1 and line.startswith("hither console: "), (files, code, line)
        refused += "raise the limit" in line
    assert refused > 1 and code == 0


def test_one_host_with_two_ports_is_two_addresses(hither, folder):
    """Each has its own line, or the time line would say once a second that it has moved."""
    fleet = "addresses: ['127.0.0.1:9', '127.0.0.1:11', 127.0.0.9]\nsites:\n  - name: fra1\n" \
            "    nodes: [{ name: ns1, hitherd: 127.0.0.1:9 }]\n"
    console = Console(folder, fleet)
    told = console.wait(lambda told: told["clients"][0]["answers"])
    addresses = ["127.0.0.1:9", "127.0.0.1:11", "127.0.0.9"]
    assert told["addresses"] == addresses
    assert [one["address"] for one in told["clients"][0]["answers"]] == addresses
    assert console.stop() == 0


def test_an_address_in_use_is_an_error(lab, folder):
    path = folder / "fleet.yaml"
    path.write_text(lab.fake.yaml())
    done = servers.run_hither("console", "--fleet", str(path), "--listen", f"127.0.0.1:{lab.port}")
    assert done.returncode == 1 and "set --listen to another address" in done.stderr
