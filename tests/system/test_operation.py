"""What an operator does with hitherd and hither: check, start, look, stop, and read the errors."""

import http.client
import json
import os
import pathlib
import pwd
import re
import signal
import socket
import subprocess
import tempfile
import time

import pytest
import servers
import wire

_ZONE = """\
$ORIGIN example.
@   300 SOA ns1 root 42 7200 900 1209600 600
@   300 NS  ns1
ns1 300 A   192.0.2.1
"""


@pytest.fixture(scope="module")
def zone(make_folder):
    path = make_folder("zone") / "example.zone"
    path.write_text(_ZONE)
    return path


@pytest.fixture(scope="module")
def server(hitherd, started, zone):
    return started(servers.start_hitherd, {"example.": zone}, admin=True, site="lab1")


def _get(admin, path):
    connection = http.client.HTTPConnection(admin, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def _metrics(admin):
    """The samples of /metrics by name with labels; checks the text form on the way."""
    status, text = _get(admin, "/metrics")
    assert status == 200
    samples, declared, histograms = {}, set(), set()
    for line in text.splitlines():
        if line.startswith("# "):
            kind, name = line.split()[1:3]
            assert kind in ("HELP", "TYPE")
            declared.add(name)
            if line.endswith(" histogram"):
                histograms.add(name)
            continue
        match = re.fullmatch(r'([a-z_]+)(\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})? ([-+.\de]+)',
                             line)
        assert match, line
        family = re.sub("_(bucket|sum|count)$", "", match[1])
        assert (family if family in histograms else match[1]) in declared, line
        assert match[1] + (match[2] or "") not in samples, line
        samples[match[1] + (match[2] or "")] = float(match[3])
    return samples


def _sum(samples, name, label=""):
    return sum(value for key, value in samples.items() if key.startswith(name) and label in key)


def test_metrics_count_what_was_asked(server):
    before = _metrics(server.admin)
    for _ in range(10):
        assert server.ask("example.", wire.SOA).rcode == wire.NOERROR
        assert server.ask("none.example.", wire.A).rcode == wire.NXDOMAIN
        assert server.ask("example.net.", wire.A, "tcp").rcode == wire.REFUSED
    deadline = time.monotonic() + 5
    grown = {}
    while time.monotonic() < deadline:
        after = _metrics(server.admin)
        grown = {label: _sum(after, metric, label) - _sum(before, metric, label)
                 for metric, label in (("hither_answers_total", 'rcode="NOERROR"'),
                                       ("hither_answers_total", 'rcode="NXDOMAIN"'),
                                       ("hither_answers_total", 'rcode="REFUSED"'),
                                       ("hither_queries_total", 'transport="udp"'),
                                       ("hither_queries_total", 'transport="tcp"'))}
        if grown['rcode="REFUSED"'] == 10:
            break
    assert grown['rcode="NOERROR"'] == 10
    assert grown['rcode="NXDOMAIN"'] == 10
    assert grown['transport="udp"'] >= 20
    assert grown['transport="tcp"'] >= 10


def test_latency_is_a_histogram_of_every_answer(server):
    def answers(samples):
        return {transport: samples[f'hither_answer_seconds_count{{transport="{transport}"}}']
                for transport in ("udp", "tcp")}

    before = answers(_metrics(server.admin))
    for _ in range(20):
        server.ask("example.", wire.SOA)
        server.ask("example.", wire.SOA, "tcp")
    deadline = time.monotonic() + 5
    grown = {}
    while time.monotonic() < deadline and grown != {"udp": 20, "tcp": 20}:
        samples = _metrics(server.admin)
        grown = {key: count - before[key] for key, count in answers(samples).items()}
    assert grown == {"udp": 20, "tcp": 20}
    for transport in ("udp", "tcp"):
        labels = f'transport="{transport}"'
        buckets = [(float(re.search('le="([^"]*)"', key)[1]), count)
                   for key, count in samples.items()
                   if key.startswith("hither_answer_seconds_bucket") and labels in key]
        assert buckets == sorted(buckets) and len(buckets) > 10
        assert [count for _, count in buckets] == sorted(count for _, count in buckets)
        assert buckets[-1] == (float("inf"), answers(samples)[transport])
        assert buckets[0][0] < 2e-6 and 1 <= buckets[-2][0] < 2
        assert samples[f"hither_answer_seconds_sum{{{labels}}}"] > 0


def test_latency_in_status(server, hither):
    for _ in range(3):  # Counted after it is sent, so perhaps after we have it.
        server.ask("example.", wire.SOA)
        server.ask("example.", wire.SOA, "tcp")
    told = servers.run_hither("status", "--json", "--admin", server.admin)
    latency = json.loads(told.stdout)["latency_seconds"]
    for transport in ("udp", "tcp"):
        of = latency[transport]
        assert of["answers"] > 0
        assert 0 < of["p50"] <= of["p99"] <= of["p99_9"]
    shown = servers.run_hither("status", "--admin", server.admin)
    assert re.search(r"^latency  udp  p50 \S+s  p99 \S+s  p99\.9 \S+s  of \d+ answers$",
                     shown.stdout, re.MULTILINE)


def test_healthz(server):
    assert _get(server.admin, "/healthz")[0] == 200


def test_an_unknown_path_is_not_found(server):
    assert _get(server.admin, "/etc/passwd")[0] == 404


def test_status_for_people_and_programs(server, hither):
    shown = servers.run_hither("status", "--admin", server.admin)
    assert shown.returncode == 0, shown.stderr
    assert "example" in shown.stdout and "42" in shown.stdout and "lab1" in shown.stdout
    told = servers.run_hither("status", "--json", "--admin", server.admin)
    assert told.returncode == 0, told.stderr
    zones = json.loads(told.stdout)["zones"]
    assert [(zone["name"], zone["serial"]) for zone in zones] == [("example.", 42)]


def test_status_without_a_server_fails(hither):
    asked = servers.run_hither("status", "--admin", f"127.0.0.1:{servers.free_port()}")
    assert asked.returncode == 1 and asked.stderr and not asked.stdout


def test_status_does_not_wait_for_a_server_that_hangs(hitherd, hither, folder, zone):
    server = servers.start_hitherd(folder, {"example.": zone}, admin=True)
    try:
        server.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        asked = servers.run_hither("status", "--admin", server.admin)
        assert time.monotonic() - began < 10  # It waits 2 s, and a busy host a little longer.
        assert asked.returncode == 1
        assert f"hitherd at {server.admin} has not answered within 2s: it hangs" in asked.stderr
    finally:
        server.process.send_signal(signal.SIGCONT)
        server.stop()


def test_status_says_that_the_sidecar_is_dead(hitherd, hither, folder, zone):
    """The configuration has anycast:, so that there must be one."""
    port, admin, gone = (servers.free_port() for _ in range(3))
    config = folder / "hither.yaml"
    config.write_text(f"""\
listen: ["127.0.0.1:{port}"]
user: root
admin: {{ listen: "127.0.0.1:{admin}" }}
zones: [{{ name: example, file: {zone} }}]
heartbeat: {folder}/heartbeat
anycast:
  admin: {{ listen: "127.0.0.1:{gone}" }}
  services: [{{ name: dns, prefixes: [127.0.0.0/8], probe: {{ name: example }} }}]
  dry_run: true
""")
    server = servers.start_hitherd_with_config(folder, config, {"example.": zone}, "127.0.0.1",
                                               port)
    try:
        for where in (["--admin", f"127.0.0.1:{admin}"], ["--config", str(config)]):
            asked = servers.run_hither("status", *where)
            assert asked.returncode == 1
            assert "example" in asked.stdout  # What hitherd serves is shown all the same.
            assert f"hither-anycast does not answer on 127.0.0.1:{gone}" in asked.stderr
        alone = servers.run_hither("status", "--config", str(config), "--anycast", "none")
        assert (alone.returncode, alone.stderr) == (0, "")
    finally:
        server.stop()


def test_the_admin_endpoint_on_a_unix_socket(hitherd, hither, make_folder, zone):
    folder = make_folder("hitherd")
    folder.chmod(0o777)  # Without privileges, too, it can remove its socket at the end.
    path = folder / "admin.sock"
    server = servers.start_hitherd(folder, {"example.": zone}, admin=f"unix:{path}")
    try:
        assert servers.run_hither("status", "--admin", f"unix:{path}").returncode == 0
        with socket.socket(socket.AF_UNIX) as stream:
            stream.settimeout(10)
            stream.connect(str(path))
            stream.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert b" 200 " in stream.recv(4096).split(b"\r\n")[0]
    finally:
        assert server.stop() == 0
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_first_start_makes_the_folder_of_the_admin_socket(hitherd, folder, zone):
    """/run is new at each boot; the README's configuration must work at the first start."""
    port, admin = servers.free_port(), f"unix:{folder}/run/hither/admin.sock"
    config = folder / "hither.yaml"
    config.write_text(f"""\
listen: ["127.0.0.1:{port}"]
admin: {{ listen: "{admin}" }}
heartbeat: {folder}/run/hither/heartbeat
zones: [{{ name: example, file: {zone} }}]
""")
    server = servers.start_hitherd_with_config(folder, config, {"example.": zone}, "127.0.0.1",
                                               port)
    try:
        assert servers.run_hither("status", "--admin", admin).returncode == 0
        made = (folder / "run" / "hither").stat()
        assert made.st_uid != 0 and made.st_mode & 0o777 == 0o755  # It can make the socket again.
    finally:
        assert server.stop() == 0


def test_other_hosts_may_read_and_not_command(hitherd, folder, zone):
    port, metrics = servers.free_port(), servers.free_port()
    config = folder / "hither.yaml"
    config.write_text(f"""\
listen: ["127.0.0.1:{port}"]
user: root
admin: {{ listen: none }}
metrics: {{ listen: "127.0.0.1:{metrics}" }}
zones: [{{ name: example, file: {zone} }}]
""")
    server = servers.start_hitherd_with_config(folder, config, {"example.": zone}, "127.0.0.1",
                                               port)
    try:
        for path in ("/metrics", "/healthz", "/status"):
            assert _get(f"127.0.0.1:{metrics}", path)[0] == 200
        connection = http.client.HTTPConnection(f"127.0.0.1:{metrics}", timeout=10)
        connection.request("POST", "/reload", headers={"X-Hither": "1"})
        assert connection.getresponse().status in (404, 405)
        connection.close()
    finally:
        assert server.stop() == 0


def test_taken_pages_keep_nobody_from_answering(hitherd, folder, zone):
    """A convenience is not worth the service; it comes when its address is free."""
    port, metrics = servers.free_port(), servers.free_port()
    config = folder / "hither.yaml"
    config.write_text(f"""\
listen: ["127.0.0.1:{port}"]
user: root
admin: {{ listen: "unix:{folder}/admin.sock" }}
metrics: {{ listen: "127.0.0.1:{metrics}" }}
zones: [{{ name: example, file: {zone} }}]
""")
    with socket.create_server(("127.0.0.1", metrics)):
        server = servers.start_hitherd_with_config(folder, config, {"example.": zone},
                                                   "127.0.0.1", port)
        try:
            assert server.log().count("set metrics.listen to another address") == 1
            told = servers.run_hither("status", "--admin", f"unix:{folder}/admin.sock")
            assert "no page  metrics.listen" in told.stdout
        except BaseException:
            server.stop()
            raise
    try:
        deadline = time.monotonic() + 30
        while "can be reached now" not in server.log() and time.monotonic() < deadline:
            time.sleep(0.1)
        samples = _metrics(f"127.0.0.1:{metrics}")
        assert samples['hither_endpoint_listening{endpoint="metrics.listen"}'] == 1
    finally:
        assert server.stop() == 0


def _run(*arguments, timeout=60):
    return subprocess.run([servers.hitherd_path(), *arguments], capture_output=True, text=True,
                          timeout=timeout)


def test_check_accepts_a_good_zone(hitherd, zone):
    done = _run("--check", "--zone", f"example.={zone}")
    assert done.returncode == 0, done.stderr


_BROKEN = {
    "no such file": (None, ""),
    "syntax": (_ZONE + "www 300 A 192.0.2.256\n", ":5: "),
    "CNAME beside other data": (_ZONE + "ns1 300 CNAME www\n", ":5: "),
    "no SOA": ("$ORIGIN example.\n@ 300 NS ns1.example.net.\n", ""),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_check_follows_the_links_that_the_server_follows(hitherd, zone):
    nobody, games = (pwd.getpwnam(name).pw_uid for name in ("nobody", "games"))
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        open_folder = pathlib.Path(top, "open")
        open_folder.mkdir()
        open_folder.chmod(0o1777)
        target = pathlib.Path(top, "target")
        target.write_text(zone.read_text())
        target.chmod(0o644)
        os.chown(target, nobody, -1)
        for owner, code in ((nobody, 0), (games, 1)):
            link = open_folder / str(owner)
            link.symlink_to(target)
            os.lchown(link, owner, -1)
            done = _run("--user", "nobody", "--check", "--zone", f"example.={link}")
            assert done.returncode == code, done.stdout + done.stderr
            assert ("is a symbolic link in a folder" in done.stdout) == (code == 1)


@pytest.mark.parametrize("case", _BROKEN)
def test_check_tells_what_is_broken_and_where(hitherd, folder, case):
    text, place = _BROKEN[case]
    path = folder / "broken.zone"
    if text:
        path.write_text(text)
    done = _run("--check", "--zone", f"example.={path}")
    assert done.returncode == 1
    assert f"{path}{place}" in done.stdout + done.stderr


def test_check_that_cannot_be_printed_is_no_good_one(hitherd, hither, zone):
    for command in ([servers.hitherd_path(), "--check", "--zone", f"example.={zone}"],
                    [servers.hitherd_path(), "--help"],
                    [servers.hither_path(), "check", str(zone)],
                    [servers.hither_path(), "check", "--json", str(zone)],
                    [servers.hither_path(), "help", "status"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=60)
        assert done.returncode == 1, command
        assert "the output could not be written" in done.stderr, command


def test_all_errors_of_a_zone_in_one_go(hitherd, folder):
    path = folder / "broken.zone"
    path.write_text(_ZONE + "a 300 A nonsense\nb 300 MX\nc 300 AAAA ::x\n")
    done = _run("--check", "--zone", f"example.={path}")
    for line in (5, 6, 7):
        assert f"{path}:{line}: " in done.stdout + done.stderr


def test_hither_check(hither, zone, folder):
    good = servers.run_hither("check", str(zone))
    assert good.returncode == 0, good.stderr
    path = folder / "broken.zone"
    path.write_text(_ZONE + "www 300 A 192.0.2.256\n")
    bad = servers.run_hither("check", str(path))
    assert bad.returncode == 1 and f"{path}:5: " in bad.stdout + bad.stderr


def test_hither_check_of_standard_input(hither):
    def check(text, *more):
        return subprocess.run([servers.hither_path(), "check", "-", "--origin", "example", *more],
                              input=text, capture_output=True, text=True, timeout=60)

    assert check(_ZONE).returncode == 0
    bad = check(_ZONE + "www 300 A 192.0.2.256\n")
    assert bad.returncode == 1 and bad.stdout.startswith("<stdin>:5: error: "), bad.stdout
    warned = check(_ZONE + "@ 300 MX 1 192.0.2.1\n", "--strict", "--json")
    assert warned.returncode == 1
    (read,) = json.loads(warned.stdout)["files"]
    assert read["can_be_served"] and read["warnings"] == 1 and read["zone"] == "example"
    (finding,) = read["findings"]
    assert finding["check"] == "target-is-address" and finding["line"] == 5


@pytest.mark.parametrize("arguments, words", [
    (["--lisen", "127.0.0.1:5300"], ["--lisen", "--listen"]),
    (["--listen"], ["--listen"]),
    (["--listen", "127.0.0.1:99999"], ["--listen", "99999"]),
    (["--workers", "many"], ["--workers", "many"]),
    (["--zone", "example."], ["--zone", "example."]),
    (["stray"], ["stray"]),
    ([], ["zone"]),
])
def test_a_wrong_command_line_is_told_with_advice(hitherd, arguments, words):
    done = _run(*arguments)
    assert done.returncode == 2
    assert all(word in done.stderr for word in words), done.stderr


def test_an_unknown_key_is_told_with_the_nearest(hitherd, folder, zone):
    config = folder / "hither.yaml"
    config.write_text(f"listen: [\"127.0.0.1:5300\"]\nidentiy: {{ site: a }}\nzones:\n"
                      f"  - {{ name: example, file: {zone} }}\n")
    done = _run("--config", str(config))
    assert done.returncode == 2
    assert f"{config}:2: " in done.stderr and "'identiy'" in done.stderr
    assert "identity" in done.stderr.replace("identiy", "")


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_goes_to_stdout(hitherd, flag):
    done = _run(flag)
    assert done.returncode == 0 and "hitherd" in done.stdout and not done.stderr


@pytest.mark.parametrize("kind", ["TERM", "INT"])
def test_ends_cleanly(hitherd, make_folder, zone, kind):
    import signal
    server = servers.start_hitherd(make_folder("hitherd"), {"example.": zone}, workers=2)
    idle = server.connect("tcp")  # An open connection is no reason to stay.
    server.process.send_signal(getattr(signal, f"SIG{kind}"))
    assert server.process.wait(30) == 0
    idle.close()


@pytest.mark.parametrize("kind", ["TERM", "INT"])
def test_ends_cleanly_while_it_loads(hitherd, folder, kind):
    import signal
    zone = folder / "long.zone"
    head = "@ 60 SOA ns root 1 7200 900 1209600 300\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
    zone.write_text(head + "".join(f"n{n}.{n % 1000} 60 TXT a b c\n" for n in range(1_000_000)))
    process = subprocess.Popen(
        [hitherd, "--listen", f"127.0.0.1:{servers.free_port()}", "--admin", "none",
         "--zone", f"example.={zone}"],
        stderr=subprocess.PIPE, text=True)
    assert any("loading 1 zone" in line for line in iter(process.stderr.readline, ""))
    process.send_signal(getattr(signal, f"SIG{kind}"))
    assert "stopped while loading" in process.stderr.read()
    assert process.wait(30) == 0
