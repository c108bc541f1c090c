"""Tables and facts of a comparison. Pure: from results to text."""

import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess


def quotient(value, base):
    return value / base if value is not None and base else None


def number(value, form="{:.2f}"):
    return "–" if value is None else form.format(value)


def table(head, rows):
    """Markdown; the first column is text, the others are numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


# Head, field of a row, format, and divisor, if any: a kind of server, or the best of the others.
_COST = (
    ("answers/s", "answers_per_second", "{:,.0f}", None),
    ("lost", "lost", "{:,.0f}", None),
    ("core busy", "busy", "{:.0%}", None),
    ("user µs", "user_us", "{:.2f}", None),
    ("system µs", "system_us", "{:.2f}", None),
    ("total µs", "total_us", "{:.2f}", None),
    ("total ÷ echo", "total_us", "{:.2f}", "echo"),
    ("total ÷ echo as long", "total_us", "{:.2f}", "echo-as-long"),
    ("total ÷ NSD", "total_us", "{:.2f}", "nsd"),
    ("user ÷ NSD", "user_us", "{:.2f}", "nsd"),
    ("user ÷ best peer", "user_us", "{:.2f}", "best"),
)
_START = (
    ("start s", "start_seconds", "{:.2f}", None),
    ("÷ NSD", "start_seconds", "{:.2f}", "nsd"),
    ("start CPU s", "start_cpu_seconds", "{:.2f}", None),
    ("÷ NSD", "start_cpu_seconds", "{:.2f}", "nsd"),
    ("PSS MB", "pss_mb", "{:,.1f}", None),
    ("÷ NSD", "pss_mb", "{:.2f}", "nsd"),
    ("PSS a zone, B", "pss_bytes_a_zone", "{:,.0f}", None),
)
_ECHOES = ("echo", "echo-as-long")
_OURS = (*_ECHOES, "hitherd", "hitherd-image")


def row_facts(result):
    """A server's medians, by name."""
    facts = dict(result["median"], lost=sum(sample["lost"] for sample in result["rounds"]))
    facts.update(start_seconds=result["start_seconds"], pss_mb=result["pss_bytes"] / 1e6,
                 start_cpu_seconds=result["start_cpu_seconds"],
                 pss_bytes_a_zone=result.get("pss_bytes_a_zone"))
    return facts


def _base_kind(rows, base, key):
    """The server that a column is divided by, or None if it did not take part."""
    if base != "best":
        return base if base in rows else None
    peers = [kind for kind in rows if kind not in _OURS and rows[kind].get(key) is not None]
    return min(peers, key=lambda kind: rows[kind][key], default=None)


def ratio(result, base, key):
    """Values measured in rounds are divided round by round, and the median counts: a machine that
    is faster in one round is faster for all servers in that round."""
    one, other = result["rounds"], base["rounds"]
    if key not in one[0]:
        return quotient(row_facts(result).get(key), row_facts(base).get(key))
    found = [quotient(a[key], b[key]) for a, b in zip(one, other)]
    return None if None in found else statistics.median(found)


def servers_table(servers, columns):
    """Columns without values are omitted."""
    rows = {result["kind"]: row_facts(result) for result in servers}
    results = {result["kind"]: result for result in servers}
    lines = [[f"{result['label']} {result['version']}".strip()] for result in servers]
    heads = ["server"]
    for head, key, form, base in columns:
        values = [row.get(key) for row in rows.values()]
        if base is not None:
            by = _base_kind(rows, base, key)
            values = [by and ratio(result, results[by], key) for result in servers]
        if all(value is None for value in values):
            continue
        heads.append(head)
        for line, value in zip(lines, values):
            line.append(number(value, form))
    return table(heads, lines)


def scenario_text(scenario):
    servers = scenario["servers"]
    parts = [f"### {scenario['title']}", "", servers_table(servers, _COST), ""]
    if scenario["start_matters"]:
        real = [one for one in servers if one["kind"] not in _ECHOES]
        parts += [servers_table(real, _START), ""]
    parts += [scenario["note"]]
    parts += [f"- {line}" for line in scenario["left_out"] + scenario["wrong"]]
    return "\n".join(parts)


def growth_table(scenarios):
    """How each server's user CPU and PSS grow with the zone."""
    sizes = [scenario["size"] for scenario in scenarios]
    kinds = {result["kind"]: result for scenario in scenarios for result in scenario["servers"]}
    rows = []
    for kind, last in kinds.items():
        found = {scenario["size"]: result for scenario in scenarios
                 for result in scenario["servers"] if result["kind"] == kind}
        user = [found[size]["median"]["user_us"] if size in found else None for size in sizes]
        rows.append([f"{last['label']} {last['version']}".strip(), *map(number, user),
                     number(quotient(user[-1], user[0]))])
    return table(["user µs an answer", *(f"{size:,} names" for size in sizes), "last ÷ first"],
                 rows)


# --- environment ---

def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal: *(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {"cpu": cpu[1] if cpu else platform.machine(), "cores": os.cpu_count(),
            "memory_gb": round(int(memory[1]) / 1e6, 1), "kernel": platform.release(),
            "system": _system_name()}


def _system_name():
    release = pathlib.Path("/etc/os-release")
    found = release.exists() and re.search(r'PRETTY_NAME="(.*)"', release.read_text())
    return found[1] if found else platform.system()


def commit(folder):
    """The checked-out commit, with a + if files differ from it."""
    def git(*arguments):
        return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True)
    if not shutil.which("git"):  # A tarball needs none.
        return "unknown"
    head = git("rev-parse", "--short=12", "HEAD")
    if head.returncode != 0:
        return "unknown"
    return head.stdout.strip() + ("+" if git("status", "--porcelain", "-uno").stdout else "")


def facts_text(results):
    where = results["machine"]
    return (f"Commit {results['commit']}; {where['cpu']}, {where['cores']} cores, "
            f"{where['memory_gb']} GB, {where['system']}, Linux {where['kernel']}. "
            f"Made by `{results['command']}`.")


def text(results):
    parts = [scenario_text(scenario) for scenario in results["scenarios"]]
    grown = [scenario for scenario in results["scenarios"] if scenario["name"] == "growth"]
    if len(grown) > 1:
        parts.append("### How cost grows\n\n" + growth_table(grown))
    return "\n\n".join(parts + [facts_text(results)]) + "\n"
