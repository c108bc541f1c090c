"""The programs are built so that a memory error ends them instead of obeying a stranger."""

import os
import pathlib
import platform
import re
import subprocess

import pytest

_PROGRAMS = ("HITHERD", "HITHER_ANYCAST", "HITHER")
# What a compiler for x86 puts wherever an indirect branch may land (CET).
_ENDBR64 = b"\xf3\x0f\x1e\xfa"


@pytest.fixture(params=_PROGRAMS)
def program(request):
    path = os.environ.get(request.param)
    if path is None:
        pytest.skip(f"{request.param} does not say where the program is")
    octets = pathlib.Path(path).read_bytes()
    if any(mark in octets for mark in (b"__asan_init", b"__tsan_init")):
        pytest.skip("a sanitizer looks for memory errors itself")
    return path


def _readelf(program, *flags):
    return subprocess.run(["readelf", "--wide", *flags, program], check=True, timeout=60,
                          capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def test_it_has_no_fixed_place(program):
    assert re.search(r"Type: +DYN", _readelf(program, "--file-header"))
    assert re.search(r"FLAGS_1.* PIE", _readelf(program, "--dynamic"))


def test_its_table_of_functions_is_read_only(program):
    """Full RELRO: all is bound at the start, and the table is then protected."""
    assert "GNU_RELRO" in _readelf(program, "--program-headers")
    assert re.search(r"\(FLAGS\).*BIND_NOW", _readelf(program, "--dynamic"))


def test_nothing_is_both_writable_and_executable(program):
    headers = _readelf(program, "--program-headers")
    flags = re.findall(r"^ +(LOAD|GNU_STACK) +(?:0x\w+ +){5}([R ][W ][E ])", headers, re.M)
    assert len(flags) >= 3, headers
    assert not [row for row in flags if "W" in row[1] and "E" in row[1]]
    assert "TEXTREL" not in _readelf(program, "--dynamic")


@pytest.mark.parametrize("check", [
    "__stack_chk_fail",         # -fstack-protector-strong
    r"__\w+_chk@",              # _FORTIFY_SOURCE
    r"__glibcxx_assert_fail",   # _GLIBCXX_ASSERTIONS
])
def test_it_calls_the_check(program, check):
    assert re.search(check, _readelf(program, "--dyn-syms"))


def test_the_stack_grows_page_by_page(program):
    """No instruction tells for sure, so the compiler's note of its options must."""
    octets = pathlib.Path(program).read_bytes()
    if b".debug_info" not in octets:
        pytest.skip("the program is stripped")
    assert b"-fstack-clash-protection" in octets


@pytest.mark.skipif(platform.machine() != "x86_64", reason="CET is x86's")
def test_indirect_branches_land_where_they_may(program):
    assert pathlib.Path(program).read_bytes().count(_ENDBR64) > 100
