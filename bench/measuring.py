"""Measures a server's CPU time, memory and answers while volley queries it."""

import json
import os
import pathlib
import statistics
import subprocess
import typing

import peers
import servers

# The load generator stops by its own clock; this is for one that hangs.
_GRACE_SECONDS = 30
_REALTIME_PRIORITY = 1


class Bench(typing.NamedTuple):
    """Where and how to measure."""
    volley: str
    server_core: int
    load_core: int
    realtime: bool  # Both get priority over everything else on this machine.
    window: int = 128
    group: int = 16


class Sample(typing.NamedTuple):
    """One round."""
    answers_per_second: float
    lost: int
    user_us: float  # CPU time of all of the server's processes for each answer.
    system_us: float
    total_us: float
    busy: float  # Share of its core that the server used.
    p50_us: float
    p99_us: float
    octets: float  # Of an answer.


def settle(bench, running):
    """Pins all threads of a server; later ones inherit it. Call it once the zones are loaded: a
    server may use the whole machine for that."""
    for pid in running.pids():
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {bench.server_core})
            if bench.realtime:
                os.sched_setscheduler(int(task.name), os.SCHED_RR,
                                      os.sched_param(_REALTIME_PRIORITY))


def cpu_seconds(pids):
    times = [servers.cpu_seconds(pid) for pid in pids]
    return sum(user for user, _ in times), sum(system for _, system in times)


def pss_bytes(pids):
    """Proportional set size (proc(5)): pages that several processes share are counted once."""
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def fire(bench, port, questions, *, seconds, count=0, flags=()):
    """What volley reports."""
    command = ["chrt", "-r", str(_REALTIME_PRIORITY)] if bench.realtime else []
    command += ["taskset", "-c", str(bench.load_core), bench.volley,
                f"--server={peers.ADDRESS}:{port}", f"--queries={questions}",
                f"--seconds={seconds}", f"--count={count}", f"--window={bench.window}",
                f"--group={bench.group}", *flags]
    done = subprocess.run(command, capture_output=True, text=True,
                          timeout=seconds + _GRACE_SECONDS)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def sample(bench, running, questions, seconds, flags):
    pids = running.pids()
    before = cpu_seconds(pids)
    told = fire(bench, running.port, questions, seconds=seconds, flags=flags)
    after = cpu_seconds(pids)
    answered = told["answered"]
    if answered == 0:
        raise RuntimeError(f"no answers:\n{running.log()}")
    user, system = ((b - a) * 1e6 / answered for a, b in zip(before, after))
    return Sample(told["answers_per_second"], told["lost"], user, system, user + system,
                  (user + system) * answered / 1e6 / told["seconds"], told["latency_us"]["p50"],
                  told["latency_us"]["p99"], told["octets"] / answered)


def medians(samples):
    """Field by field."""
    return Sample(*(statistics.median(column) for column in zip(*samples)))


# --- are the answers the same? ---

class Answers(typing.NamedTuple):
    """A server's answers to the first queries of a file, each sent once."""
    rcodes: dict
    records: tuple  # In answer, authority and additional section.
    octets: int
    truncated: int
    lost: int


def answers(bench, running, questions, count, flags):
    told = fire(bench, running.port, questions, seconds=60, count=count, flags=flags)
    return Answers(told["rcodes"], tuple(told["records"]), told["octets"], told["truncated"],
                   told["lost"])


def differences(found):
    """Sentences about servers whose answers differ. Response codes must match the majority's. The
    number of records in the authority section must match within a tenth, or less was proven;
    optional records of a server may differ."""
    told = [f"{kind} left {answer.lost} queries unanswered"
            for kind, answer in found.items() if answer.lost]
    whole = {kind: answer for kind, answer in found.items() if not answer.lost}
    if not whole:
        return told
    rcodes = statistics.mode([tuple(sorted(answer.rcodes.items())) for answer in whole.values()])
    authority = statistics.median([answer.records[1] for answer in whole.values()])
    for kind, answer in whole.items():
        if tuple(sorted(answer.rcodes.items())) != rcodes:
            told.append(f"{kind} answered {answer.rcodes}, others {dict(rcodes)}")
        if abs(answer.records[1] - authority) > 0.1 * authority:
            told.append(f"{kind} sent {answer.records[1]:,} authority records, others "
                        f"{authority:,.0f}")
    return told
