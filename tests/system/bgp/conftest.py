import pathlib
import shutil
import sys

import pytest

import lab

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import namespaces  # noqa: E402


@pytest.fixture
def net():
    namespaces.need()
    made = lab.Net()
    yield made
    made.close()


@pytest.fixture
def start_router(net, tmp_path):
    """start_router(routers.Bird, password="x")"""
    def start(kind, **facts):
        for program in kind.programs:
            if not shutil.which(program):
                pytest.skip(f"{program} is not installed")
        return kind(net, tmp_path, **facts)
    return start


@pytest.fixture
def start_speaker(net, tmp_path):
    def start(*neighbors, **config):
        return lab.Speaker(net, tmp_path, list(neighbors), **config)
    return start
