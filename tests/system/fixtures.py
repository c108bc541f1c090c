"""Fixtures of the system tests; packages.txt lists the Debian packages that they need."""

import os
import pathlib
import tempfile

import pytest

import servers


@pytest.fixture(scope="session")
def corpus():
    """The folder with the real zones and recorded questions, which are not part of the project."""
    path = os.environ.get("HITHER_CORPUS")
    if not path:
        pytest.skip("HITHER_CORPUS is not set: the folder that holds data/ and conformance/")
    return pathlib.Path(path)


def _program(variable):
    """A program that ctest names by a variable. Named but not built is a failure, not a skip."""
    path = os.environ.get(variable)
    if not path:
        pytest.skip(f"{variable} is not set: run these tests by ctest")
    if not os.access(path, os.X_OK):
        pytest.fail(f"{variable}={path} is not a program: build it", pytrace=False)
    return path


@pytest.fixture(scope="session")
def hitherd():
    return _program("HITHERD")


@pytest.fixture(scope="session")
def hither(hitherd):
    return _program("HITHER")


@pytest.fixture(scope="session")
def sidecar():
    return _program("HITHER_ANYCAST")


@pytest.fixture(scope="session")
def ldns_judge():
    return _program("HITHER_LDNS_JUDGE")


@pytest.fixture(scope="session")
def blast():
    return _program("HITHER_BLAST")


@pytest.fixture(scope="session")
def subject(request):
    if not os.environ.get("HITHER_STAND_IN"):
        request.getfixturevalue("hitherd")
    return servers.start_subject


@pytest.fixture(scope="session")
def make_folder():
    """make_folder(name): a new folder that a server without privileges can read, too."""
    with tempfile.TemporaryDirectory(prefix="hither-test-") as base:
        os.chmod(base, 0o755)  # pytest's own tmp_path is closed to other users.

        def make(name):
            folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
            folder.chmod(0o755)
            return folder

        yield make


@pytest.fixture
def folder(make_folder):
    return make_folder("test")


@pytest.fixture(scope="module")
def started(make_folder):
    """started(start, zones, ...) starts a server that ends with the module's last test."""
    running = []

    def start(how, zones, **facts):
        server = how(make_folder(how.__name__), zones, **facts)
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()
