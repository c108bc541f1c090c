"""The running lab as docker/lab sees it: compose, and the agents, queried from inside the lab."""

import errno
import json
import os
import pathlib
import shutil
import socket
import subprocess

from generate import topology

AGENT_PORT = 8060
IMAGE = "hither-lab"
_PROJECT = "hither-lab"  # As in the .env beside compose.yaml.
_CONSOLE_PORT = 8080  # As in compose.yaml.
_LABEL = "com.docker.compose"
_CONTAINER_ROW = "\t".join(["{{.ID}}", f'{{{{.Label "{_LABEL}.service"}}}}',
                            f'{{{{.Label "{_LABEL}.project.working_dir"}}}}'])


class LabError(Exception):
    """Shown to the user without a traceback."""


class NotUp(LabError):
    """No container of the fleet runs, or none that answers."""


def _no_engine(said):
    at = os.environ.get("DOCKER_HOST", "its socket")
    return LabError(f"no Docker engine answers at {at}: {said.strip()}\n"
                    "Start one (systemctl start docker), and run this as root or as a member of "
                    "the group docker.")


def compose_command():
    """`docker compose` (v2) if installed, else docker-compose (1.29)."""
    if shutil.which("docker"):
        done = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if done.returncode == 0:
            return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    raise LabError("neither `docker compose` nor docker-compose is here; on Debian 12: "
                   "apt-get install docker.io docker-compose")


def _told_topology(folder):
    try:
        told = json.loads((folder / "fleet" / "lab.json").read_text())
        return topology.Topology(told["sites"], told["two_nodes"])
    except (OSError, ValueError, KeyError) as error:
        raise LabError(f"{folder} has no fleet ({error}); make one with: docker/gen --out {folder}"
                       ) from error


class Fleet:
    """`folder`: docker/gen's output, with compose.yaml and fleet/."""

    def __init__(self, folder):
        self.topo = _told_topology(pathlib.Path(folder))
        self._folder = pathlib.Path(folder).resolve()
        self._file = str(self._folder / "compose.yaml")
        self._prefix = os.environ.get("LAB_PREFIX", "10.213")
        self._caller = None  # `agent call` in a client, once it runs.

    def compose(self, *arguments, **how):
        return subprocess.run([*compose_command(), "-f", self._file, *arguments], check=False,
                              **how)

    @staticmethod
    def build_if_missing(folder):
        """`folder`: with the Dockerfile. Here, since compose.yaml may be without the sources."""
        if not shutil.which("docker"):
            return  # Only docker-compose 1.29 builds without this.
        look = ["docker", "image", "inspect", IMAGE]
        if subprocess.run(look, capture_output=True, check=False).returncode == 0:
            return
        print(f"There is no image {IMAGE} yet; building it takes a few minutes.", flush=True)
        build = ["docker", "build", "-f", str(folder / "Dockerfile"), "-t", IMAGE, "--target",
                 "lab", str(folder.parent)]
        if subprocess.run(build, check=False).returncode != 0:
            raise LabError("docker build failed; see its output above")

    def execute(self, service, *command, **how):
        """In a container, without a terminal."""
        return subprocess.run(self._inside(service, command), check=False, **how)

    def _inside(self, service, command):
        """The command that runs `command` there. docker-compose 1.29 needs over a second for it."""
        container = self._container(service)
        if container:
            return ["docker", "exec", "-i", container, *command]
        return [*compose_command(), "-f", self._file, "exec", "-T", service, *command]

    @staticmethod
    def need_engine():
        """Raises if none answers: docker-compose would show a page of Python's calls."""
        if shutil.which("docker"):
            done = subprocess.run(["docker", "version"], capture_output=True, text=True,
                                  check=False)
            if done.returncode != 0:
                raise _no_engine(done.stderr)

    @staticmethod
    def _listed(what, *more):
        """What `docker WHAT ls` prints of the project."""
        project = os.environ.get("COMPOSE_PROJECT_NAME", _PROJECT)
        ours = f"label={_LABEL}.project={project}"
        done = subprocess.run(["docker", what, "ls", "--filter", ours, *more],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise _no_engine(done.stderr)
        return done.stdout.splitlines()

    def _container(self, service):
        """Its running container; None if only docker-compose can say."""
        if not shutil.which("docker"):
            return None
        rows = [row.split("\t") for row in self._listed("container", "--format", _CONTAINER_ROW)]
        if not rows:
            raise NotUp("the lab is not up; start it with: docker/lab up")
        for container, name, folder in rows:
            if folder and pathlib.Path(folder).resolve() != self._folder:
                raise LabError(f"the fleet that runs is that of {folder}; use --folder {folder}, "
                               "or stop it first: docker/lab down")
            if name == service:
                return container
        raise LabError(f"{service} is not running; docker/lab up starts it")

    def remove_rest(self):
        """What another compose.yaml of this name has left, which `compose down` does not know."""
        if not shutil.which("docker"):
            return
        for what, flags in (("container", ["-a"]), ("network", []), ("volume", [])):
            rest = self._listed(what, "-q", *flags)
            force = ["-f"] if what != "network" else []
            if rest:
                subprocess.run(["docker", what, "rm", *force, *rest], check=False,
                               stdout=subprocess.DEVNULL)

    def console_port_in_use(self):
        """The console's port if another program has it; None if all is well."""
        told = os.environ.get("LAB_CONSOLE_PORT") or str(_CONSOLE_PORT)
        if not told.isdigit() or not 0 < int(told) < 65536:
            raise LabError(f"LAB_CONSOLE_PORT={told}: a port, as 9000")
        port = int(told)
        is_up = shutil.which("docker") and self._listed("container")[1:]
        if is_up or "\n  console:" not in pathlib.Path(self._file).read_text():
            return None
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError as error:
                return port if error.errno == errno.EADDRINUSE else None
        return None

    # --- Agents ---

    def _url(self, box, path):
        address = box.management.replace(topology.PREFIX_MARK, self._prefix)
        return f"http://{address}:{AGENT_PORT}{path}"

    def call(self, boxes, path, method="GET"):
        """The answers of these boxes' agents, by name; an answer may be {"error": ...}.

        The requests come from inside a client: the management network may be unreachable from here.
        """
        requests = json.dumps([{"url": self._url(box, path), "method": method} for box in boxes])
        answers = json.loads(self._through_caller(requests + "\n"))
        return dict(zip((box.name for box in boxes), answers))

    def _through_caller(self, line):
        """It stays: to start it takes half a second, and docker/lab asks several times a second."""
        is_new = self._caller is None
        if is_new:
            through = self.topo.of_kind("client")[0].service
            self._caller = subprocess.Popen(
                self._inside(through, ["/opt/lab/agent/agent", "call"]), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            self._caller.stdin.write(line)
            self._caller.stdin.flush()
            answer = self._caller.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if answer:
            return answer
        ended, self._caller = self._caller, None
        _, said = ended.communicate()
        if not is_new:  # Its container was removed; there may be another.
            return self._through_caller(line)
        raise NotUp(f"the lab does not answer: {said.strip() or 'it has been stopped'}")

    def demand(self, boxes, path, method="POST"):
        """As call(), but an error of one agent raises."""
        answers = self.call(boxes, path, method)
        for name, answer in answers.items():
            if "error" in answer:
                raise LabError(f"{name}: {answer['error']}")
        return answers

    def asked(self):
        """{client: {address: its agent's report}}; clients without an agent are omitted."""
        answers = self.call(self.topo.of_kind("client"), "/ask")
        return {name: {one["address"]: one for one in answer["answers"]}
                for name, answer in answers.items() if "answers" in answer}

    # --- Names ---

    def site(self, name):
        if name not in self.topo.sites():
            raise LabError(f"no site '{name}'; available: {', '.join(self.topo.sites())}")
        return name

    def client(self, name):
        names = [box.name for box in self.topo.of_kind("client")]
        if name not in names:
            raise LabError(f"no client '{name}'; available: {', '.join(names)}")
        return self.topo.boxes[name]

    def faulty_boxes(self, site, fault):
        """The boxes whose agents cause the fault: all nodes of the site, or its router."""
        return [self.topo.router(site)] if fault == "cut" else self.topo.nodes(site)
