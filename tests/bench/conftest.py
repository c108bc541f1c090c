"""The parts of bench/compare can be imported."""

import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / "bench"), str(TOP / "tests/system")]
