"""Faults that no signal can cause. Each is a context manager that repairs its fault on exit."""

import contextlib
import ctypes
import os
import pathlib

import topology

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_LIBC.ptrace.restype = ctypes.c_long
_PTRACE_DETACH, _PTRACE_SEIZE, _PTRACE_INTERRUPT = 17, 0x4206, 0x4207
_WALL = 0x40000000  # waitpid(2): threads, too.


def threads(pid):
    """Names by thread number."""
    return {int(task.name): (task / "comm").read_text().strip()
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}


def _ptrace(request, thread):
    if _LIBC.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of thread {thread}")


@contextlib.contextmanager
def stuck_thread(thread):
    """Stops one thread while its process continues; SIGSTOP would stop them all.

    The thread that enters must be the one that leaves: it is the tracer.
    """
    _ptrace(_PTRACE_SEIZE, thread)
    _ptrace(_PTRACE_INTERRUPT, thread)
    os.waitpid(thread, _WALL)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # The process has been killed since.
            _ptrace(_PTRACE_DETACH, thread)


@contextlib.contextmanager
def tcp_dead(site):
    """Drops the service's TCP answers, starting with its SYN+ACKs; UDP works.

    An ip(8) rule does so, in case there is no packet filter. It must precede the rule for local
    addresses, which is first; that rule moves down for the time being.
    """
    rules = {"-4": f"pref 10 from {topology.SERVICE_V4} ipproto tcp sport 53 blackhole",
             "-6": f"pref 10 from {topology.SERVICE_V6} ipproto tcp sport 53 blackhole"}
    for family, rule in rules.items():
        site.configure_node(["rule add pref 20 lookup local", "rule del pref 0",
                             f"rule add {rule}"], family)
    try:
        yield
    finally:
        for family, rule in rules.items():
            site.configure_node([f"rule del {rule}", "rule add pref 0 lookup local",
                                 "rule del pref 20"], family)


@contextlib.contextmanager
def address_lost(site, v6=False):
    """Removes the service's address of one family from the node, as a careless `ip` would."""
    line = (f"{topology.SERVICE_V6}/128 dev lo" if v6 else f"{topology.SERVICE_V4}/32 dev lo")
    site.configure_node([f"addr del {line}"])
    try:
        yield
    finally:
        site.configure_node([f"addr add {line}{' nodad' if v6 else ''}"])
