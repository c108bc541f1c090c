"""One lab for the tests of a module; each test finds it whole."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "lab"))

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import lab as lab_module  # noqa: E402
import namespaces  # noqa: E402

_SIDECAR = "HITHER_ANYCAST"

if os.geteuid() == 0:
    os.nice(-5)  # And all that is started here: these tests count seconds, the ones beside do not.


def _need_programs(variables):
    namespaces.need()
    for variable in variables:
        path = os.environ.get(variable)
        if not path:
            pytest.skip(f"{variable} is not set: run these tests by ctest")
        if not os.access(path, os.X_OK):
            pytest.fail(f"{variable}={path} is not a program: build it", pytrace=False)


@pytest.fixture(scope="module")
def static_lab():
    """Announced whatever happens: what the lab itself can do."""
    _need_programs(["HITHERD", "HITHER"])
    with lab_module.Lab(lab_module.Options(anycast=None)) as running:
        yield running


@pytest.fixture(scope="module")
def sidecar_lab(request):
    """With sidecars; a module may name its mode as LAB_MODE, and ask for beacons by LAB_OUTSIDE."""
    if not os.access(os.environ.get(_SIDECAR, ""), os.X_OK):
        pytest.skip(f"{_SIDECAR}={os.environ.get(_SIDECAR)} is not a program: the sidecar is not "
                    "built")
    _need_programs(["HITHERD", "HITHER"])
    mode = getattr(request.module, "LAB_MODE", "bgp")
    outside = getattr(request.module, "LAB_OUTSIDE", False)
    with lab_module.Lab(lab_module.Options(mode=mode, outside=outside)) as running:
        yield running


@pytest.fixture
def lab(sidecar_lab):
    """The lab with sidecars, whole again after each test."""
    yield sidecar_lab
    sidecar_lab.heal()
