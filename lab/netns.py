"""Network namespaces of one lab: created, entered for a socket, removed with their processes.

Their names start with hlPID-, where PID is the process that created them. The next start can thus
tell leftovers of a killed run from namespaces in use, and removes them.
"""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

_CLONE_NEWNET = 0x40000000
_KILL_SECONDS = 5
_LIBC = ctypes.CDLL(None, use_errno=True)
_RUN = pathlib.Path("/run/netns")
_FOLDERS = pathlib.Path("/dev/shm")  # A busy disk would delay heartbeats and logs.
# Forwarding; no reverse path filter, as paths differ by direction; packets from other nodes'
# service address, which is also ours (beacons); no waiting for duplicate address detection;
# addresses survive a link that is briefly down.
_SYSCTLS = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
            "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
            "net.ipv4.conf.all.accept_local=1",
            "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
            "net.ipv6.conf.all.accept_ra=0", "net.ipv6.conf.default.accept_ra=0",
            "net.ipv6.conf.all.keep_addr_on_down=1")


def run(command, **how):
    """Runs a short command; its failure ends the lab with its message."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, **how)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}\n"
                           f"{how.get('input', '')}")
    return done.stdout


def ip_batch(lines, namespace=None, flags=()):
    """Many commands of ip(8) in one process."""
    where = ["-n", namespace] if namespace else []
    run(["ip", *flags, *where, "-batch", "-"], input="\n".join(lines) + "\n")


def listed():
    return sorted(path.name for path in _RUN.iterdir()) if _RUN.is_dir() else []


def _pids(namespace):
    return [int(pid) for pid in run(["ip", "netns", "pids", namespace]).split()]


def _kill_all_in(namespace):
    deadline = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < deadline:
        pids = _pids(namespace)
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def remove(namespaces):
    """The namespaces, and whatever runs in them."""
    for name in namespaces:
        _kill_all_in(name)
    if namespaces:
        ip_batch([f"netns del {name}" for name in namespaces])


def make_folder():
    """A new folder of this process's lab, which sweep() finds if it is left behind."""
    return pathlib.Path(tempfile.mkdtemp(prefix=f"hither-lab-{os.getpid()}-", dir=_FOLDERS))


def _has_no_owner(name, pattern):
    owner = re.match(pattern, name)
    return owner is not None and not pathlib.Path(f"/proc/{owner[1]}").exists()


def sweep():
    """Removes the leftovers of labs whose process no longer exists.

    One process at a time: labs that start together would find the same leftovers, and the second
    would fail at a namespace that the first has removed.
    """
    with open(_FOLDERS / "hither-sweep.lock", "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        remove([name for name in listed() if _has_no_owner(name, r"hl(\d+)-")])
        for path in _FOLDERS.glob("hither-lab-*"):
            if _has_no_owner(path.name, r"hither-lab-(\d+)-"):
                shutil.rmtree(path, ignore_errors=True)


class Namespaces:
    """The namespaces of one lab, by short name."""

    def __init__(self):
        self._prefix = f"hl{os.getpid()}-"

    def name(self, short):
        return self._prefix + short

    def create(self, shorts):
        names = [self.name(short) for short in shorts]
        ip_batch([f"netns add {name}" for name in names])
        for name in names:
            run(["ip", "netns", "exec", name, "sysctl", "-q", "-w", *_SYSCTLS])

    def remove(self):
        remove([name for name in listed() if name.startswith(self._prefix)])

    def configure(self, short, lines, *flags):
        ip_batch(lines, self.name(short), flags)

    def command(self, short, command):
        return ["ip", "netns", "exec", self.name(short), *map(str, command)]

    def socket(self, short, family, kind):
        """A socket in the namespace, for use from any thread of this process."""
        made = []
        # A separate thread enters and exits there, so nothing has to switch back.
        thread = threading.Thread(target=self._make_socket, args=(short, family, kind, made))
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]

    def _make_socket(self, short, family, kind, made):
        try:
            with open(_RUN / self.name(short), "rb") as namespace:
                if _LIBC.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"setns {short}")
            made.append(socket.socket(family, kind))
        except OSError as error:
            made.append(error)
