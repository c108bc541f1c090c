"""hitherd alone is optimized across its files. The linker leaves that out without a word."""

import os
import subprocess

import pytest


@pytest.mark.parametrize("program, is_optimized", [
    ("HITHERD", True), ("HITHER", False), ("HITHER_ANYCAST", False)])
def test_it_is_optimized_across_files_or_not(program, is_optimized):
    units = subprocess.run(
        ["readelf", "--debug-dump=info", "--dwarf-depth=1", os.environ[program]], check=True,
        capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": "C"}).stdout
    assert "DW_AT_producer" in units
    # How GCC names the unit that it makes of several files.
    assert ("<artificial>" in units) == is_optimized
