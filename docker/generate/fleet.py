"""The running lab as docker/lab sees it: compose, and the agents, queried from inside the lab."""

import json
import os
import pathlib
import shutil
import subprocess

from generate import topology

AGENT_PORT = 8060
IMAGE = "hither-lab"
_PROJECT = "hither-lab"  # As in the .env beside compose.yaml.


class LabError(Exception):
    """Shown to the user without a traceback."""


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
        raise LabError(f"{folder}/fleet/lab.json: {error}; docker/gen makes it") from error


class Fleet:
    """`folder`: docker/gen's output, with compose.yaml and fleet/."""

    def __init__(self, folder):
        self.topo = _told_topology(pathlib.Path(folder))
        self._file = str(pathlib.Path(folder) / "compose.yaml")
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
    def _container(service):
        """Its running container, or None."""
        if not shutil.which("docker"):
            return None
        project = os.environ.get("COMPOSE_PROJECT_NAME", _PROJECT)
        labels = [f"com.docker.compose.{key}={value}" for key, value in
                  (("project", project), ("service", service), ("oneoff", "False"))]
        filters = [word for label in labels for word in ("--filter", f"label={label}")]
        done = subprocess.run(["docker", "ps", "-q", *filters], capture_output=True, text=True,
                              check=False)
        return done.stdout.split()[0] if done.returncode == 0 and done.stdout.split() else None

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
        raise LabError(f"the lab does not answer; is it up? {said.strip()}")

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
