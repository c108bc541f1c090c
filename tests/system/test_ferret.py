"""All Ferret zones (SCALE, NSDI 2022) in one server from one generated configuration: 0 failed."""

import pathlib
import subprocess
import sys

import servers


def test_ferret(hitherd, corpus, make_folder):
    ferret, folder = corpus / "conformance/ferret.py", make_folder("ferret")
    subprocess.run([sys.executable, str(ferret), "unpack", str(folder)], check=True, timeout=120)
    listing = (folder / "zonelist.tsv").read_text().splitlines()
    zones = dict(line.split("\t") for line in listing)
    assert len(zones) == len(listing) > 6000
    port = servers.free_port()
    config = folder / "hither.yaml"
    config.write_text(f'identity: {{ site: ferret }}\nlisten: ["127.0.0.1:{port}"]\nworkers: 1\n'
                      "admin: { listen: none }\nzones:\n" + "".join(
                          f'  - {{ name: "{name}", file: "{pathlib.Path(path).name}" }}\n'
                          .replace("file: \"", f"file: \"{folder}/zones/")
                          for name, path in zones.items()))
    server = servers.start_hitherd_with_config(folder, config, zones, servers.LOOPBACK, port)
    try:
        done = subprocess.run([sys.executable, str(ferret), "run", str(folder), server.address,
                               str(port)], capture_output=True, text=True, timeout=280)
    finally:
        assert server.stop() == 0
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert done.stdout.splitlines()[-1].endswith(", 0 failed")
