"""Builds the image for test_compose.py: from the sources, or of programs that are built already.

HITHER_IMAGE_PROGRAMS is the folder of such programs. They replace the Dockerfile's first stage,
which compiles for ten minutes; every other line of it is used unchanged.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tarfile

import docker_engine

_TOP = pathlib.Path(__file__).resolve().parents[2]
_PROGRAMS = ("hitherd", "hither-anycast", "hither")
_STAGE_IMAGE = "hither-test-programs"
_STAGE = re.compile(r"^FROM \S+ AS build\n.*?(?=^(?:#[^\n]*\n)*FROM )", re.DOTALL | re.MULTILINE)


def as_here(command, folder):
    """`docker build -f docker/Dockerfile ...`, or the same with a Dockerfile made in `folder`."""
    programs = os.environ.get("HITHER_IMAGE_PROGRAMS")
    if not programs:
        return command
    if not (folder / "programs.tar").exists():  # Another image of the same would not be cached.
        _import_programs(pathlib.Path(programs), folder)
    text = (_TOP / "docker" / "Dockerfile").read_text()
    shortened, count = _STAGE.subn(f"FROM {_STAGE_IMAGE} AS build\n\n", text)
    assert count == 1 and "cmake" not in shortened
    path = folder / "Dockerfile"
    path.write_text(shortened)
    assert "-f docker/Dockerfile" in command
    return command.replace("-f docker/Dockerfile", f"-f {path}")


def _import_programs(programs, folder):
    archive = folder / "programs.tar"
    with tarfile.open(archive, "w") as packed:
        for name in _PROGRAMS:
            stripped = folder / name
            shutil.copyfile(programs / name, stripped)
            stripped.chmod(0o755)
            subprocess.run(["strip", stripped], check=True)
            packed.add(stripped, f"src/build/release/{name}")
    done = docker_engine.run("docker", "import", str(archive), _STAGE_IMAGE, timeout=300)
    assert done.returncode == 0, done.stderr
