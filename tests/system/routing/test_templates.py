"""examples/routing as BIRD's and FRR's own parsers see it."""

import subprocess

import pytest
from routing_lab import EXAMPLES, need

BIRD = ("bird-neighbor.conf", "bird-kernel.conf")
FRR = ("frr-neighbor.conf", "frr-kernel.conf", "frr-covering.conf")


def bird(path):
    return subprocess.run(["bird", "-p", "-c", str(path)], capture_output=True, text=True,
                          check=False)


def vtysh(path):
    return subprocess.run(["vtysh", "-C", "-f", str(path)], capture_output=True, text=True,
                          check=False)


@pytest.mark.parametrize("name", BIRD)
def test_bird_takes_it(name):
    need("bird")
    done = bird(EXAMPLES / name)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", BIRD)
def test_bird_takes_it_with_the_covering_prefix(name, tmp_path):
    need("bird")
    text = (EXAMPLES / name).read_text()
    assert '# include "bird-covering.conf"' in text
    (tmp_path / name).write_text(text.replace("# include", "include"))
    (tmp_path / "bird-covering.conf").write_text((EXAMPLES / "bird-covering.conf").read_text())
    done = bird(tmp_path / name)
    assert done.returncode == 0, done.stderr


def test_bird_refuses_what_is_wrong(tmp_path):
    need("bird")
    (tmp_path / "bad.conf").write_text((EXAMPLES / BIRD[0]).read_text() + "graceful shutdown on;\n")
    assert bird(tmp_path / "bad.conf").returncode != 0


@pytest.mark.parametrize("name", FRR)
def test_frr_takes_it(name):
    need("vtysh")
    done = vtysh(EXAMPLES / name)
    assert done.returncode == 0 and "Unknown" not in done.stdout + done.stderr, done


def test_frr_refuses_what_is_wrong(tmp_path):
    need("vtysh")
    (tmp_path / "bad.conf").write_text((EXAMPLES / FRR[0]).read_text() + "graceful shutdown\n")
    assert vtysh(tmp_path / "bad.conf").returncode != 0


@pytest.mark.parametrize("name", BIRD + FRR)
def test_nothing_outlives_the_sidecar(name):
    """RFC 4724 would keep a dead speaker's routes: each template that has sessions says no."""
    text = (EXAMPLES / name).read_text()
    if name.startswith("bird"):
        assert text.count("protocol bgp") == text.count("\n  graceful restart off;")
    elif "remote-as" in text:
        assert "\n bgp graceful-restart-disable\n" in text
