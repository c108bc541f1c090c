import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from fixtures import *  # noqa: E402,F401,F403


@pytest.fixture
def start_primary(make_folder):
    """start_primary(primaries.Bind, zone, key=..., notify=...); it ends with the test."""
    running = []

    def start(kind, zone, **facts):
        for program in kind.programs:
            if not shutil.which(program):
                pytest.skip(f"{program} is not installed")
        primary = kind(make_folder(kind.__name__.lower()), zone, **facts)
        running.append(primary)
        primary.start()
        return primary

    yield start
    for primary in running:
        primary.stop()
