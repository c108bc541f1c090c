"""The lab itself, with static announcements: what later tests count on."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import daemon
import faults
import netns
import pytest
import topology

_FOLDER = pathlib.Path(__file__).resolve().parents[3] / "lab"


@pytest.fixture
def lab(static_lab):
    yield static_lab
    static_lab.heal()


@pytest.mark.parametrize("v6", [False, True], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_each_client_has_its_site(lab, tcp, v6):
    assert lab.catchment(tcp=tcp, v6=v6) == {
        "client1": "fra1", "client2": "nyc1", "client3": "ams1", "client4": "fra1"}


def test_answers_are_whole(lab):
    answer = lab.clients["client2"].dig("www.example.org", "A")
    assert (answer.status, answer.nsid) == ("NOERROR", "ns1.nyc1")
    assert "192.0.2.80" in answer.message.to_text()


def test_real_dig_sees_the_nsid(lab):
    command = lab.namespaces.command("client3", ["dig", "+nsid", f"@{topology.SERVICE_V6}",
                                                 "example.org", "SOA"])
    assert '("ns1.ams1")' in netns.run(command)


@pytest.mark.parametrize("prefix", topology.PREFIXES)
def test_paths_at_the_carriers(lab, prefix):
    best = {name: carrier.routes(prefix)[0].as_path for name, carrier in lab.carriers.items()}
    assert best == {"t1": [64501, 65001], "t2": [64503, 65001], "isp3": [64502, 65001]}


_NEXT = {"fra1": ("client1", "ams1"), "nyc1": ("client2", "ams1"), "ams1": ("client3", "nyc1")}


@pytest.mark.parametrize("site", topology.SITES)
def test_killed_announcement_moves_its_clients(lab, site):
    name, successor = _NEXT[site]
    with lab.watch() as routes, lab.clients[name].probe() as probe:
        time.sleep(0.2)
        killed_at = lab.sites[site].announcer.kill()
        gone_at = routes.wait_gone(site, 2)
        time.sleep(0.3)
        queries = probe.finish()
    assert gone_at - killed_at < 0.3
    answered = probe.sites(since=gone_at + 0.05)
    assert set(answered) == {successor}
    assert set(probe.sites(until=killed_at - 0.01)) == {site}
    assert len(queries) > 80


def test_two_killed_announcements_leave_the_third(lab):
    for site in ("ams1", "nyc1"):
        lab.sites[site].announcer.kill()
    for v6 in (False, True):
        lab.wait_for_catchment(dict.fromkeys(topology.CLIENTS, "fra1"), 5, v6=v6)


def test_blackhole_is_seen_as_lost(lab):
    # Nobody withdraws here when hitherd dies: just what the sidecar is for.
    with lab.clients["client4"].probe() as probe:
        killed_at = lab.sites["fra1"].hitherd.kill()
        time.sleep(0.3)
    assert len(probe.lost(killed_at + 0.01)) > 30
    assert lab.clients["client4"].dig(seconds=0.2).status == "TIMEOUT"


def test_stopped_announcement_goes_with_its_hold_time(lab):
    with lab.watch() as routes:
        stopped_at = lab.sites["ams1"].announcer.stop()
        held = routes.wait_gone("ams1", 8) - stopped_at
    assert 1 < held < 6.5  # Hold time 3 s; an idle BIRD may take 3 s more to see to it.


def test_load_is_answered(lab):
    loads = [client.load(1, 500) for client in lab.clients.values()]
    for load in loads:
        counts = load.finish()
        assert counts["lost"] == 0 and counts["completed"] == counts["sent"] > 400
        assert "SERVFAIL" not in counts["rcodes"]


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_router_restart_heals(lab, site):
    with lab.watch() as routes:
        lab.sites[site].router.restart()
        routes.wait_gone(site, 3)
        routes.wait_best({"fra1": "t1", "nyc1": "t2"}[site], site, 15)


@pytest.mark.parametrize("site", ["fra1", "nyc1"], ids=["bird", "frr"])
def test_router_can_refuse_its_node(lab, site):
    with lab.watch() as routes:
        lab.sites[site].refuse_node_routes(True)
        routes.wait_gone(site, 5)
        lab.sites[site].refuse_node_routes(False)
        routes.wait_best({"fra1": "t1", "nyc1": "t2"}[site], site, 10)


def test_graceful_shutdown_is_obeyed_by_transits(lab):
    stand_in = lab.sites["fra1"].stand_in
    config = stand_in.config_path.read_text()
    with lab.watch() as routes, lab.clients["client1"].probe() as probe:
        stand_in.configure(config.replace(
            "export all", "export filter { bgp_community.add((65535, 0)); accept; }"))
        routes.wait_best("t1", "ams1", 3)
        route = next(one for one in lab.transits["t1"].routes(topology.PREFIX_V4)
                     if one.site == "fra1")
        time.sleep(0.3)
        stand_in.configure(config)
        routes.wait_best("t1", "fra1", 3)
    assert route.local_pref == 0 and "(65535,0)" in route.communities
    assert not probe.lost() and set(probe.sites()) == {"fra1", "ams1"}


def test_tcp_can_die_alone(lab):
    ask = lab.clients["client1"].dig
    with faults.tcp_dead(lab.sites["fra1"]):
        for v6 in (False, True):
            assert ask(v6=v6).status == "NOERROR"
            assert ask(v6=v6, tcp=True, seconds=0.3).status == "TIMEOUT"
    assert [ask(v6=v6, tcp=True).status for v6 in (False, True)] == ["NOERROR"] * 2


def test_one_family_can_die_alone(lab):
    ask = lab.clients["client1"].dig
    with faults.address_lost(lab.sites["fra1"]):
        assert ask(seconds=0.3).status == "TIMEOUT"
        assert ask(v6=True).status == "NOERROR"
    assert ask().status == "NOERROR"


def test_one_worker_can_be_stuck(lab):
    ask, pid = lab.clients["client1"].dig, lab.sites["fra1"].hitherd.pid
    worker = next(number for number, name in faults.threads(pid).items() if name == "worker-0")
    with faults.stuck_thread(worker):
        statuses = {ask(seconds=0.1).status for _ in range(20)}
    assert statuses == {"NOERROR", "TIMEOUT"}  # Each source port has its worker.
    assert {ask().status for _ in range(20)} == {"NOERROR"}


def test_zone_can_fail_in_all_ways(lab):
    site, ask = lab.sites["fra1"], lab.clients["client1"].dig
    site.break_zone()
    assert ask().status == "NOERROR"  # Stale, but served.
    site.serve_servfail()
    daemon.wait_for(lambda: ask().status == "SERVFAIL", 5, site.hitherd.log)
    assert ask("example.net").status == "NOERROR"


def test_impostor_is_seen_by_its_nsid(lab):
    lab.sites["fra1"].become("elsewhere")
    daemon.wait_for(lambda: lab.clients["client1"].dig().site == "elsewhere", 5,
                    lab.sites["fra1"].hitherd.log)


def _leftovers(prefix):
    return [name for name in netns.listed() if name.startswith(prefix)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_program_leaves_nothing_behind(static_lab, number):
    program = subprocess.Popen([sys.executable, "-B", str(_FOLDER / "lab.py")],
                               stdout=subprocess.PIPE, text=True)
    started, prefix, text = time.monotonic(), f"hl{program.pid}-", ""
    for line in program.stdout:
        text += line
        if line.startswith("Until Ctrl-C"):
            break
    assert time.monotonic() - started < 30
    folder = text.partition("folder ")[2].partition(":")[0]
    assert "client1    t1      fra1, fra1" in text
    assert len(_leftovers(prefix)) == len(topology.namespaces()) and pathlib.Path(folder).exists()
    pids = [pid for name in _leftovers(prefix)
            for pid in netns.run(["ip", "netns", "pids", name]).split()]
    program.send_signal(number)
    assert program.wait(20) == 0
    program.stdout.close()
    assert not _leftovers(prefix) and not pathlib.Path(folder).exists()
    assert len(pids) > 10 and not [pid for pid in pids if pathlib.Path(f"/proc/{pid}").exists()]


def test_failed_start_leaves_nothing_behind(static_lab):
    script = ("import lab, netns\n"
              "try:\n"
              "    lab.Lab(lab.Options(hitherd='/nonexistent/hitherd', anycast=None)).start()\n"
              "except (RuntimeError, TimeoutError) as error:\n"
              "    assert '/nonexistent/hitherd' in str(error), error\n"
              "    print('failed')\n")
    done = subprocess.run([sys.executable, "-B", "-c", script], capture_output=True, text=True,
                          cwd=_FOLDER, timeout=60)
    assert (done.stdout, done.returncode) == ("failed\n", 0), done.stderr
    owned = {name.split("-")[0] for name in netns.listed() if name.startswith("hl")}
    assert owned <= {f"hl{os.getpid()}"} | {
        name for name in owned if pathlib.Path(f"/proc/{name[2:]}").exists()}


def test_sweep_removes_what_a_killed_lab_left(static_lab):
    program = subprocess.Popen([sys.executable, "-B", "-c",
                                "import netns, subprocess, time\n"
                                "spaces = netns.Namespaces()\n"
                                "spaces.create(['a'])\n"
                                "subprocess.Popen(spaces.command('a', ['sleep', '60']))\n"
                                "print(netns.make_folder(), flush=True)\n"
                                "time.sleep(60)\n"],
                               cwd=_FOLDER, stdout=subprocess.PIPE, text=True)
    folder = pathlib.Path(program.stdout.readline().strip())
    prefix = f"hl{program.pid}-"
    netns.sweep()
    assert _leftovers(prefix) and folder.is_dir()  # Their owner lives.
    program.kill()
    program.wait()
    program.stdout.close()
    netns.sweep()
    assert not _leftovers(prefix) and not folder.exists()


def test_labs_that_start_together_sweep_the_same_leftovers(static_lab):
    ended = subprocess.Popen(["true"])
    ended.wait()
    prefix = f"hl{ended.pid}-"
    names = [f"{prefix}{number}" for number in range(20)]
    netns.ip_batch([f"netns add {name}" for name in names])
    sweeps = [subprocess.Popen([sys.executable, "-B", "-c", "import netns; netns.sweep()"],
                               cwd=_FOLDER, stderr=subprocess.PIPE, text=True)
              for _ in range(4)]
    for sweep in sweeps:
        _, errors = sweep.communicate(timeout=60)
        assert sweep.returncode == 0, errors
    assert not _leftovers(prefix)


def test_kernel_mode_comes_up(static_lab):
    script = ("import lab\n"
              "with lab.Lab(lab.Options(mode='kernel', anycast=None)) as running:\n"
              "    with running.watch() as routes:\n"
              "        for site in ('fra1', 'nyc1'):\n"
              "            running.sites[site].announcer.kill()\n"
              "            routes.wait_gone(site, 3)\n"
              "    print(running.catchment(), flush=True)\n")
    done = subprocess.run([sys.executable, "-B", "-c", script], capture_output=True, text=True,
                          cwd=_FOLDER, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(dict.fromkeys(topology.CLIENTS, "ams1"))
