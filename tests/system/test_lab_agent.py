"""The lab's agent, without a container: what it tells, obeys and survives. See test_compose.py for
it in its place."""

import http.client
import json
import pathlib
import random
import socket
import subprocess
import sys
import threading

import pytest

_DOCKER = pathlib.Path(__file__).resolve().parents[2] / "docker"
sys.path.insert(0, str(_DOCKER / "agent"))

import pages  # noqa: E402
import question  # noqa: E402

# --- The agent's pages ---

class _Role:
    faults_known = ("kill",)

    def __init__(self):
        self.made = []

    def is_well(self):
        return True

    def make(self, fault):
        self.made.append(fault)


@pytest.mark.parametrize("more, wanted", [
    ({}, 200), ({"Host": "10.213.0.7"}, 200), ({"Host": "[fd6c::1]:8060"}, 200),
    ({"Host": "lab.example:8060"}, 403), ({"Host": "localhost"}, 403), ({"Host": ""}, 403),
    ({"Host": "a@10.213.0.7"}, 403), ({"Host": "10.213.0.7.example"}, 403),
    ({"Origin": "http://lab.example:8060"}, 403), ({"Origin": "null"}, 403)])
def test_agent_obeys_no_page_of_a_stranger(monkeypatch, more, wanted):
    monkeypatch.setattr(pages, "PORT", 0)
    role = _Role()
    server = pages.serve("127.0.0.1", pages.Pages({"name": "ns1.fra1", "kind": "node"}, role))
    try:
        for method, path in (("GET", "/agent"), ("POST", "/break?fault=kill")):
            asked = http.client.HTTPConnection(*server.server_address, timeout=20)
            asked.request(method, path, headers={"X-Hither": "1", **more})
            answer = asked.getresponse()
            assert answer.status == wanted, answer.read()
            asked.close()
    finally:
        server.shutdown()
        server.server_close()
    assert role.made == (["kill"] if wanted == 200 else [])


# --- `agent call` ---

def _answer_once(listener, answer):
    with listener, listener.accept()[0] as asked:
        asked.recv(65536)
        asked.sendall(answer)


@pytest.mark.parametrize("answer, wanted", [
    (b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}', {"a": 1}),
    (b'HTTP/1.1 500 Oh\r\nContent-Length: 7\r\n\r\n{"a":1}', {"a": 1}),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "IncompleteRead"),
    (b"HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\n{", "HTTP Error 500: Oh"),
    (b"HTTP/1.1 500 Oh\r\nContent-Length: 1\r\n\r\n{", "HTTP Error 500: Oh"),
    (b"", "closed connection"), (b"what\r\n\r\n", "what"),
    (b"HTTP/1.1 200 OK\r\n\r\n<html>", "Expecting value")],
    ids=["200", "500", "cut", "500 cut", "500 no JSON", "nothing", "no HTTP", "no JSON"])
def test_call_answers_for_whom_does_not(answer, wanted):
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/agent"
    server = threading.Thread(target=_answer_once, args=(listener, answer))
    server.start()
    done = subprocess.run([sys.executable, "-B", _DOCKER / "agent" / "agent", "call"],
                          input=json.dumps([{"url": url}]), capture_output=True, text=True,
                          check=False, timeout=60)
    server.join()
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)[0]
    assert got == wanted or wanted in got["error"], got


def test_call_answers_each_line():
    """docker/lab starts it once, and asks while it waits for the answer."""
    with subprocess.Popen([sys.executable, "-B", _DOCKER / "agent" / "agent", "call"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as caller:
        for number in range(3):
            listener = socket.create_server(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/agent"
            answer = b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":%d}' % number
            server = threading.Thread(target=_answer_once, args=(listener, answer))
            server.start()
            caller.stdin.write(json.dumps([{"url": url}]) + "\n")
            caller.stdin.flush()
            assert json.loads(caller.stdout.readline()) == [{"a": number}]
            server.join()
        caller.stdin.close()
        assert caller.wait(30) == 0


# --- The agent's reading of answers ---

def _answer(number, rcode=0):
    owner = b"\x07example\x03org\x00"
    soa = b"\xc0\x0c\xc0\x0c" + (7).to_bytes(4, "big") + bytes(16)
    nsid = b"\x00\x03\x00\x08ns1.fra1"
    return (number.to_bytes(2, "big") + (0x8400 | rcode).to_bytes(2, "big")
            + bytes([0, 1, 0, 1, 0, 0, 0, 1]) + owner + b"\x00\x06\x00\x01"
            + b"\xc0\x0c\x00\x06\x00\x01" + bytes(4) + len(soa).to_bytes(2, "big") + soa
            + b"\x00\x00\x29\x04\xd0" + bytes(4) + len(nsid).to_bytes(2, "big") + nsid)


def test_agent_reads_nsid_and_serial():
    assert question.read(_answer(5), 5) == question.Answer("ns1.fra1", 7)
    assert question.read(_answer(5), 6) is None
    assert question.read(_answer(5, rcode=2), 5) is None
    assert question.read(question.make(5, "example.org"), 5) is None  # No answer: a question.


def test_agent_survives_every_answer():
    whole, dice = _answer(5), random.Random(5)
    for length in range(len(whole)):
        question.read(whole[:length], 5)
    for _ in range(20000):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        question.read(bytes(broken), 5)
