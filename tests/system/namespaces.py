"""Can network namespaces be used here? If not, tests that need them are skipped, and say why.

With HITHER_NEED_NAMESPACES=1, which .ci/run sets, they fail instead.
"""

import functools
import os
import shutil
import subprocess

import pytest


def _why_not():
    if not shutil.which("ip"):
        return "there is no ip(8); install iproute2"
    if os.geteuid() != 0:
        return "they need root"
    name = f"hither-try-{os.getpid()}"
    try:
        for command in (["add", name], ["exec", name, "true"]):
            done = subprocess.run(["ip", "netns", *command], capture_output=True, text=True,
                                  timeout=30)
            if done.returncode != 0:
                return (f"`ip netns {command[0]}` says: {done.stderr.strip().splitlines()[-1:]}; "
                        "they need CAP_SYS_ADMIN, and / as a mount point (not a chroot)")
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, timeout=30)
    return ""


@functools.cache
def why_not():
    """"" where they work."""
    return _why_not()


def need():
    why = why_not()
    if not why:
        return
    text = f"network namespaces cannot be used here: {why}"
    if os.environ.get("HITHER_NEED_NAMESPACES") == "1":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)
