"""examples/routing as BIRD's and FRR's own parsers see it."""

import os
import re
import subprocess

import pytest
import template_lab
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
def test_bird_takes_it_with_what_it_may_include(name, tmp_path):
    need("bird")
    text = (EXAMPLES / name).read_text()
    assert '# include "bird-covering.conf"' in text
    (tmp_path / name).write_text(text.replace("# include", "include"))
    for included in ("bird-covering.conf", "bird-forward.conf"):
        (tmp_path / included).write_text((EXAMPLES / included).read_text())
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


@pytest.mark.parametrize("name", BIRD)
def test_bird_listens_once(name):
    """`strict bind` on one protocol only: the others' socket takes the port first."""
    assert "\n  strict bind" not in (EXAMPLES / name).read_text()


@pytest.mark.parametrize("name", BIRD + FRR)
def test_nothing_outlives_the_sidecar(name):
    """RFC 4724 would keep a dead speaker's routes: each template that has sessions says no."""
    text = (EXAMPLES / name).read_text()
    if name.startswith("bird"):
        assert text.count("protocol bgp") == text.count("\n  graceful restart off;")
    elif "remote-as" in text:
        assert "\n bgp graceful-restart-disable\n" in text


def _our_side(name):
    """What the template's head says of hither.yaml, as YAML; bird-neighbor.conf's is for both."""
    text = (EXAMPLES / name).read_text().replace("\n! ", "\n# ").replace("\n!\n", "\n#\n")
    found = re.search(r"^# In hither\.yaml.*:\n((?:#   .*\n)+)", text, re.M)
    return re.sub(r"^#   ", "", found.group(1), flags=re.M) if found else None


@pytest.mark.parametrize("document", [template_lab.readme, template_lab.production])
def test_hitherd_listens_where_peers_ask(document, tmp_path):
    """A fleet built as the documents say must not stay SOFT because of its peers' queries."""
    anycast = os.environ.get("HITHER_ANYCAST")
    if not anycast:
        pytest.skip("HITHER_ANYCAST is not set: run these tests by ctest")
    config = tmp_path / "hither.yaml"
    config.write_text(document())
    done = subprocess.run([anycast, "--config", config, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stdout, done.stdout
    with_less = config.read_text().replace(', "10.0.0.2"]', "]")
    assert with_less != config.read_text()
    config.write_text(with_less)
    done = subprocess.run([anycast, "--config", config, "--check"], capture_output=True, text=True)
    assert "hitherd does not listen on 10.0.0.2:53" in done.stdout


@pytest.mark.parametrize("name", [name for name in BIRD + FRR if _our_side(name)])
def test_the_sidecar_takes_its_side_of_it(name, tmp_path):
    anycast = os.environ.get("HITHER_ANYCAST")
    if not anycast:
        pytest.skip("HITHER_ANYCAST is not set: run these tests by ctest")
    text = _our_side(name)
    config = tmp_path / "hither.yaml"
    config.write_text("listen: [\"192.0.2.53:53\", \"[2001:db8::53]:53\"]\n"
                      "zones: [{ name: example.org, file: example.org.zone }]\n"
                      f"heartbeat: {tmp_path}/heartbeat\n" + text)
    if "services:" not in text:
        config.write_text(config.read_text() + "  services: [{ name: dns, "
                          "prefixes: [192.0.2.0/24, \"2001:db8::/48\"], "
                          "probe: { name: example.org } }]\n")
    done = subprocess.run([anycast, "--config", config, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, config.read_text() + done.stderr
