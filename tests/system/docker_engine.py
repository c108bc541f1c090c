"""A Docker engine for tests: the one that answers, or one of our own, ended and removed afterwards.

Nothing is pulled where it can be helped: Debian's base image is made by debootstrap.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import time

BASE_IMAGE = "debian:bookworm-slim"
_MIRROR = "http://deb.debian.org/debian"
_START_SECONDS = 60
_DEBOOTSTRAP_SECONDS = 900
_SHARES = {pathlib.Path("/sys/fs/cgroup/cpu/docker/cpu.shares"): 20 * 1024,
           pathlib.Path("/sys/fs/cgroup/docker/cpu.weight"): 20 * 100}


class Unavailable(Exception):
    """Why there is none: what a skipped test says."""


def run(*command, timeout=60, **how):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout,
                          **how)


def eventually(look, holds, seconds=30, told=str):
    """What look() gives, once holds(it); told(it) is shown if that is never."""
    deadline = time.monotonic() + seconds
    while not holds(seen := look()):
        assert time.monotonic() < deadline, told(seen)
        time.sleep(0.3)
    return seen


def answers():
    try:
        return bool(shutil.which("docker")) and run("docker", "version").returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _has_bridge():
    return pathlib.Path("/sys/class/net/docker0").exists()


@contextlib.contextmanager
def running(folder):
    """While it lasts, `docker` finds an engine; DOCKER_HOST of our own is in the environment."""
    if answers():
        yield
        return
    if not shutil.which("docker") or not shutil.which("dockerd"):
        raise Unavailable("no Docker engine answers, and docker.io is not installed")
    if os.geteuid() != 0:
        raise Unavailable("no Docker engine answers, and only root can start one")
    had_bridge = _has_bridge()
    socket, log_path = folder / "docker.sock", folder / "dockerd.log"
    with log_path.open("w") as log:
        engine = subprocess.Popen(["dockerd", "--data-root", folder / "data", "--exec-root",
                                   folder / "exec", "--pidfile", folder / "dockerd.pid",
                                   "-H", f"unix://{socket}"], stdout=log, stderr=log)
    before = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = f"unix://{socket}"
    try:
        _wait(engine, log_path)
        _share_processors()
        yield
    finally:
        engine.terminate()
        engine.wait(60)
        shutil.rmtree(folder / "data", ignore_errors=True)  # Some gigabytes.
        if before is None:
            del os.environ["DOCKER_HOST"]
        else:
            os.environ["DOCKER_HOST"] = before
        if not had_bridge and _has_bridge():
            run("ip", "link", "del", "docker0")


def _share_processors():
    """The kernel gives all containers together as much as one process outside; the lab has fifty.
    Beside other tests its nodes would rightly be withdrawn. cgroup v1, and v2 without systemd."""
    for path, value in _SHARES.items():
        with contextlib.suppress(OSError):
            path.parent.mkdir(exist_ok=True)  # It is dockerd's, which makes it at the first start.
            path.write_text(f"{value}\n")


def _wait(engine, log_path):
    give_up_at = time.monotonic() + _START_SECONDS
    while not answers():
        if engine.poll() is not None or time.monotonic() > give_up_at:
            last = "\n".join(log_path.read_text().splitlines()[-3:])
            raise Unavailable(f"dockerd could not be started here: {last}")
        time.sleep(0.3)


def need_base_image(folder):
    if run("docker", "image", "inspect", BASE_IMAGE).returncode == 0:
        return
    if shutil.which("debootstrap") and os.geteuid() == 0:
        root = folder / "root"
        made = run("debootstrap", "--variant=minbase", "bookworm", root, _MIRROR,
                   timeout=_DEBOOTSTRAP_SECONDS)
        if made.returncode != 0:
            raise Unavailable(f"debootstrap: {made.stdout.splitlines()[-1:]} {made.stderr}")
        _import(root)
        shutil.rmtree(root)
        return
    if run("docker", "pull", BASE_IMAGE, timeout=300).returncode != 0:
        raise Unavailable(f"no {BASE_IMAGE}: it cannot be pulled, and there is no debootstrap")


def _import(root):
    with subprocess.Popen(["tar", "-C", root, "--numeric-owner", "--exclude=./var/cache/apt/*.bin",
                           "--exclude=./var/cache/apt/archives/*.deb", "-c", "."],
                          stdout=subprocess.PIPE) as packed:
        done = run("docker", "import", "-c", 'CMD ["bash"]', "-", BASE_IMAGE, timeout=300,
                   stdin=packed.stdout)
    if done.returncode != 0:
        raise Unavailable(f"docker import: {done.stderr}")
