"""Fixtures of the system tests; needs Debian's nsd, knot, dnsperf, ldnsutils and python3-dnspython."""

import os
import pathlib

import pytest

import servers


@pytest.fixture(scope="session")
def corpus():
    """The folder with the real zones and recorded questions, which are not part of the project."""
    path = os.environ.get("HITHER_CORPUS")
    if not path:
        pytest.skip("HITHER_CORPUS is not set: the folder that holds data/ and conformance/")
    return pathlib.Path(path)


@pytest.fixture(scope="session")
def hitherd():
    """Skips where there is no hitherd to test; a stand-in will do for tests of answers."""
    path = servers.hitherd_path()
    if not path or not os.access(path, os.X_OK):
        pytest.skip(f"HITHERD={path!r} is no program: build hitherd, or run these tests by ctest")
    return path


@pytest.fixture(scope="session")
def subject(request):
    if not os.environ.get("HITHER_STAND_IN"):
        request.getfixturevalue("hitherd")
    return servers.start_subject


@pytest.fixture(scope="session")
def hither(hitherd):
    path = servers.hither_path()
    if not path or not os.access(path, os.X_OK):
        pytest.skip(f"HITHER={path!r} is no program: build hither, or run these tests by ctest")
    return path


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """started(start, name, ...) starts a server that ends with the module's last test."""
    running = []

    def start(how, zones, **facts):
        server = how(tmp_path_factory.mktemp(how.__name__), zones, **facts)
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()
