"""What test_compose.py asks of the lab's agents, and how it reads the tables of docker/lab zone."""

import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "docker"))

from generate import topology  # noqa: E402


def ask_agent(lab, box, path, headers, method="POST", address=None):
    """Status and JSON, or None where nobody listens; from within a client."""
    at = (address or box.management).replace(topology.PREFIX_MARK,
                                             os.environ.get("LAB_PREFIX", "10.213"))
    script = ("import http.client, json, sys\n"
              f"asked = http.client.HTTPConnection({at!r}, 8060, timeout=3)\n"
              "try:\n"
              f"    asked.request({method!r}, {path!r}, headers={headers!r})\n"
              "    answer = asked.getresponse()\n"
              "    print(json.dumps([answer.status, json.load(answer)]))\n"
              "except OSError:\n"
              "    print('null')\n")
    done = lab.fleet.execute("berlin", "python3", "-c", script, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def serials(table):
    """{name: (serial, state, refused serial)}"""
    rows = (re.split(r"  +", line) for line in table.splitlines()[1:])
    return {row[0]: (int(row[1]), row[2], row[3].partition(" ")[0]) for row in rows}


def check_zone_chapter(lab, said, tables):
    """Serials relative to the first: a test before this one may have changed the zone."""
    names = [node.name for node in lab.topo.nodes()]
    first = serials(tables[0])["primary"][0]
    wanted = [(first, first, "fresh", "-"), (first + 1, first + 1, "fresh", "-"),
              (first + 2, first + 1, "stale", str(first + 2)),  # The gate holds.
              (first + 4, first + 3, "rolled back", "-"), (first + 5, first + 5, "fresh", "-")]
    assert len(tables) == len(wanted)
    for table, (at_primary, *node) in zip(tables, wanted):
        shown = serials(table)
        assert shown.pop("primary")[0] == at_primary, table
        assert shown == {name: tuple(node) for name in names}, table
    assert said["docker/lab dig jakarta +short www.example.org A"] == "192.0.2.81\n"
    assert said["docker/lab dig boston +short www.example.org A"] == "192.0.2.81\n"
    assert "the zone shrinks from 46 to 15 records" in \
        said["docker/lab exec fra1-ns1 hither zone show example.org"]
    assert all(f"{name} (size)" in said["docker/lab zone break"] for name in names)
