import os
import shutil

import pytest

import lab


@pytest.fixture
def net():
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("network namespaces need root and iproute2")
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
