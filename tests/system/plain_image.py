"""Containers of the plain image, for test_compose.py."""

import docker_engine

IMAGE = "hither-test"
# What each hither.yaml has.
_CONFIG = """\
listen: ["0.0.0.0:53"]
identity: { site: plain, node: ns1 }
zones: [{ name: example.org, file: example.org.zone }]
"""
# Nobody has the address, and nobody is the neighbor: the sidecar runs and tells so.
SIDECAR = """\
anycast:
  state_file: none
  services:
    - name: dns
      prefixes: ["192.0.2.0/24"]
      addresses: ["192.0.2.53"]
      probe: { name: example.org, type: SOA }
  bgp:
    local_as: 65001
    router_id: 198.51.100.1
    neighbors: [{ address: 127.0.0.9, as: 64601 }]
"""


class Plain:
    """`folder`: becomes /etc/hither."""

    def __init__(self, folder, zones):
        self._folder = folder
        self._names = []
        folder.chmod(0o755)
        for path in zones:
            (folder / path.name).write_text(path.read_text())

    def start(self, arguments, more="", command=()):
        """With `arguments` for `docker run`, and `more` in hither.yaml; the container."""
        (self._folder / "hither.yaml").write_text(_CONFIG + more)
        for path in self._folder.iterdir():
            path.chmod(0o644)
        started = docker_engine.run("docker", "run", "-d", "--health-interval", "1s", "-v",
                                    f"{self._folder}:/etc/hither:ro", *arguments, IMAGE, *command)
        assert started.returncode == 0, started.stderr
        self._names.append(started.stdout.strip())
        return self._names[-1]

    def remove_all(self):
        for name in reversed(self._names):
            docker_engine.run("docker", "rm", "-f", name)
        docker_engine.run("docker", "image", "rm", IMAGE)


def programs(folder):
    """The image's programs, as files in `folder`, under the names of test_hardening.py."""
    container = docker_engine.run("docker", "create", IMAGE).stdout.strip()
    places = {"HITHERD": "/usr/sbin/hitherd", "HITHER_ANYCAST": "/usr/sbin/hither-anycast",
              "HITHER": "/usr/bin/hither"}
    for name, path in places.items():
        copied = docker_engine.run("docker", "cp", f"{container}:{path}", str(folder / name))
        assert copied.returncode == 0, copied.stderr
    docker_engine.run("docker", "rm", container)
    return {name: str(folder / name) for name in places}


def _inspect(container, what):
    return docker_engine.run("docker", "inspect", "-f", what, container).stdout.strip()


def health(container):
    return _inspect(container, "{{.State.Health.Status}}")


def last_looks(container):
    """What the health check said."""
    return _inspect(container, "{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}")


def wait_until(condition, container, seconds=40):
    docker_engine.eventually(condition, bool, seconds,
                             lambda _: str(docker_engine.run("docker", "logs", container)))


def become_healthy(container):
    wait_until(lambda: health(container) == "healthy", container)
