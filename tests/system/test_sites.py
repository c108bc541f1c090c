"""`hither sites` beside a real hitherd, a port that nothing listens on, and strange servers."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading

import pytest
import servers

_ZONE = """\
$ORIGIN example.
@   300 SOA ns1 root 2026112301 7200 900 1209600 600
@   300 NS  ns1
ns1 300 A   192.0.2.1
"""


def _start(make_folder, nsid):
    folder, port, port6 = make_folder("sites"), servers.free_port(), servers.free_port("::1")
    (folder / "example.zone").write_text(_ZONE)
    (folder / "hither.yaml").write_text(f"""\
identity: {{ site: fra1, node: ns2, nsid: "{nsid}" }}
listen: ["127.0.0.1:{port}", "[::1]:{port6}"]
workers: 1
user: root
admin: {{ listen: none }}
zones: [{{ name: example, file: {folder}/example.zone }}]
""")
    server = servers.start_hitherd_with_config(folder, folder / "hither.yaml", {"example.": ""},
                                               servers.LOOPBACK, port)
    server.port6 = port6
    return server


@pytest.fixture(scope="module")
def server(hither, make_folder):
    server = _start(make_folder, "{node}.{site}")
    yield server
    server.stop()


def _sites(*arguments):
    done = servers.run_hither("sites", *arguments, "--json")
    return done.returncode, json.loads(done.stdout)


def test_it_tells_site_and_node_over_every_way(server):
    code, told = _sites(f"127.0.0.1:{server.port}", f"[::1]:{server.port6}", "--name", "example")
    assert code == 0
    assert [(one["address"], one["transport"]) for one in told] == [
        ("127.0.0.1", "udp"), ("127.0.0.1", "tcp"), ("::1", "udp"), ("::1", "tcp")]
    for one in told:
        assert (one["site"], one["node"], one["nsid"]) == ("fra1", "ns2", "ns2.fra1")
        assert (one["serial"], one["failure"]) == (2026112301, None)
        assert 0 < one["rtt_us"] < 2_000_000


def test_without_a_name_it_asks_who_it_is_alone(server):
    code, told = _sites("127.0.0.1", "--port", str(server.port))
    assert code == 0
    assert [(one["site"], one["serial"]) for one in told] == [("fra1", None)] * 2


def test_the_table(server):
    done = servers.run_hither("sites", f"127.0.0.1:{server.port}", "--name", "example")
    head, udp, tcp = done.stdout.splitlines()
    assert head.split() == ["ADDRESS", "OVER", "SITE", "NODE", "RTT", "SERIAL"]
    for line, over in ((udp, "udp"), (tcp, "tcp")):
        words = line.split()
        assert words[:4] == [f"127.0.0.1:{server.port}", over, "fra1", "ns2"]
        assert words[5:] == ["ms", "2026112301"]


def test_a_dead_port_is_told_and_the_others_are_asked_all_the_same(server):
    dead = servers.free_port()
    code, told = _sites(f"127.0.0.1:{dead}", f"127.0.0.1:{server.port}")
    assert code == 1
    assert [one["failure"] is None for one in told] == [False, False, True, True]
    assert "nothing listens there" in told[0]["failure"]


def test_a_wrong_answer_fails_but_says_from_whom(server):
    code, told = _sites(f"127.0.0.1:{server.port}", "--name", "other.test")
    assert code == 1
    assert {(one["site"], one["failure"]) for one in told} == {("fra1", "REFUSED for other.test")}


def test_another_nsid_is_shown_as_it_is(hither, make_folder):
    server = _start(make_folder, "{node}.{site}.example.net")
    try:
        code, told = _sites(f"127.0.0.1:{server.port}")
        assert code == 0
        assert {(one["site"], one["nsid"]) for one in told} == {(None, "ns2.fra1.example.net")}
        table = servers.run_hither("sites", f"127.0.0.1:{server.port}").stdout
        assert "ns2.fra1.example.net" in table
        fleet = server.folder / "fleet.yaml"
        fleet.write_text(f"""addresses: ["127.0.0.1:{server.port}"]
sites: [{{ name: fra1, nodes: [{{ name: ns2, hitherd: 10.0.0.1 }}] }}]
""")
        for naming in (["127.0.0.1", "--port", str(server.port), "--nsid",
                        "{node}.{site}.example.net"], ["--fleet", str(fleet)]):
            code, told = _sites(*naming)
            assert code == 0
            assert {(one["site"], one["node"]) for one in told} == {("fra1", "ns2")}
        _, told = _sites(f"127.0.0.1:{server.port}", "--nsid", "{node}.{site}.example.org")
        assert {(one["site"], one["nsid"]) for one in told} == {(None, "ns2.fra1.example.net")}
    finally:
        server.stop()


@contextlib.contextmanager
def _responder(answer):
    """A UDP server whose replies are answer(query) for each query; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", servers.free_port()))
        udp.settimeout(0.1)
        ended = threading.Event()

        def run():
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    query, who = udp.recvfrom(65535)
                    for reply in answer(query):
                        udp.sendto(reply, who)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield udp.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def _no_data(query):
    """NOERROR without a record and without EDNS."""
    question_end = query.index(b"\0", 12) + 5
    return query[:2] + b"\x84\0\0\1\0\0\0\0\0\0" + query[12:question_end]


def _chaos_text(query, text):
    """The question and one TXT of class CH."""
    question_end = query.index(b"\0", 12) + 5
    return (query[:2] + b"\x84\0\0\1\0\1\0\0\0\0" + query[12:question_end] +
            b"\xc0\x0c\0\x10\0\3\0\0\0\0" + bytes([0, len(text) + 1, len(text)]) + text)


def _udp_answer(port, *more):
    _, told = _sites(f"127.0.0.1:{port}", "--timeout", "1s", *more)
    return told[0]


def test_a_server_without_nsid_is_asked_by_chaos(hither):
    def answer(query):
        known = b"\x08hostname\x04bind" in query
        return [_chaos_text(query, b"a.b") if known else _no_data(query)]

    with _responder(answer) as port:
        told = _udp_answer(port, "--name", "example")
        assert (told["node"], told["site"]) == ("a", "b")
        assert told["failure"] == "no record of that type for example"


def test_a_server_that_does_not_say_who_it_is(hither):
    with _responder(lambda query: [_no_data(query)]) as port:
        told = _udp_answer(port)
        assert told["failure"] == "answers, but does not identify its site"
        assert told["rtt_us"] is not None


def test_garbage_and_strangers_are_no_answer(hither):
    def answer(query):
        return [b"", b"\xff" * 40, query, bytes([query[0] ^ 1]) + _no_data(query)[1:],
                os.urandom(512)]

    with _responder(answer) as port:
        assert "no answer within" in _udp_answer(port)["failure"]


def test_a_terminal_obeys_nobody(hither):
    with _responder(lambda query: [_chaos_text(query, b"\x1b[2J\n")]) as port:
        done = servers.run_hither("sites", f"127.0.0.1:{port}")
        assert "\x1b" not in done.stdout and "?[2J?" in done.stdout


def test_a_terminal_gets_ascii_alone(hither):
    """U+009B begins a command at terminals that take C1, U+202E turns round what follows."""
    with _responder(lambda query: [_chaos_text(query, "\u009b2J\u202eevil".encode())]) as port:
        told = servers.run_hither("sites", f"127.0.0.1:{port}").stdout
        assert told.isascii() and "??2J???evil" in told


def test_a_long_name_is_no_node(hither):
    with _responder(lambda query: [_chaos_text(query, b"ns1." + b"a" * 200)]) as port:
        assert max(map(len, servers.run_hither("sites", f"127.0.0.1:{port}").stdout.split())) == 64


def test_an_empty_watch_is_an_error(hither):
    done = servers.run_hither("sites", "127.0.0.1:9", "--watch=")
    assert done.returncode == 2 and "--watch has no value" in done.stderr


def test_watch_tells_a_move(hither):
    sites = [b"ns1.fra1", b"ns1.ams1"]
    asked = []

    def answer(query):
        asked.append(query)
        return [_chaos_text(query, sites[min(len(asked) - 1, 1)])]

    with _responder(answer) as port:
        watching = subprocess.Popen(
            [servers.hither_path(), "sites", f"127.0.0.1:{port}", "--watch", "0.2"],
            stdout=subprocess.PIPE, text=True)
        try:
            told = next((line for line in watching.stdout if "was" in line), "")
            assert "ams1" in told and "was fra1" in told
        finally:
            watching.send_signal(signal.SIGINT)
            watching.stdout.close()
            watching.wait(10)


def test_watch_as_json_is_a_line_each_time(server):
    watching = subprocess.Popen(
        [servers.hither_path(), "sites", f"127.0.0.1:{server.port}", "--watch", "0.2", "--json"],
        stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(2):
            assert json.loads(watching.stdout.readline())[0]["site"] == "fra1"
    finally:
        watching.terminate()
        watching.stdout.close()
        watching.wait(10)
