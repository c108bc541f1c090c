"""A host of its own in a network namespace, where documents can be followed to the letter.

It has its own /etc, /run, /var/lib, /usr/bin and /usr/sbin, so that commands that install programs,
create accounts or write /etc/hither leave this machine alone. There is no systemd: Units starts the
programs as the installed unit files say.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import daemon

# $1: the folder of this host; $2: what all hosts share.
_ENTER = """
set -e
mount --make-rprivate /
for place in /run /var/lib /var/tmp; do mount -t tmpfs -o mode=755 host $place; done
mkdir -p /run/host/bin /run/host/sbin
mount --bind /usr/bin /run/host/bin
mount --bind /usr/sbin /run/host/sbin
mount --bind "$1/etc" /etc
mount --bind "$2/bin" /usr/bin
mount --bind "$2/sbin" /usr/sbin
echo ready
exec sleep infinity
"""
_READY_SECONDS = 30


def make_shared(folder):
    """/usr/bin and /usr/sbin of all hosts: this machine's programs, and room for ours."""
    for name in ("bin", "sbin"):
        made = folder / name
        made.mkdir()
        for program in os.listdir(f"/usr/{name}"):
            if not program.startswith("hither"):
                (made / program).symlink_to(f"/run/host/{name}/{program}")


def _copy_etc(folder):
    """This machine's, without what an earlier installation of Hither may have left in it."""
    subprocess.run(["cp", "-a", "/etc", folder / "etc"], check=True)
    shutil.rmtree(folder / "etc/hither", ignore_errors=True)
    for name in ("passwd", "group", "shadow", "gshadow"):
        path = folder / "etc" / name
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("hither:")))


class Host:
    """`tree`: the source tree with build/release, where an operator runs the commands."""

    def __init__(self, namespaces, name, folder, tree):
        self.name, self.tree = name, tree
        self.folder = folder / name
        self.folder.mkdir()
        self.folder.chmod(0o755)
        _copy_etc(self.folder)
        self.etc = self.folder / "etc"
        self._holder = subprocess.Popen(
            namespaces.command(name, ["sh", "-c", _ENTER, "sh", self.folder, folder]),
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        if self._holder.stdout.readline() != "ready\n":
            raise RuntimeError(f"{name}: cannot make /etc, /run and so on of its own")

    def close(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()

    def command(self, _, words):
        """As netns.Namespaces.command(), for daemon.Daemon."""
        return ["nsenter", f"--target={self._holder.pid}", "--mount", "--net", "--",
                *map(str, words)]

    def run(self, *words, check=True, timeout=90):
        done = subprocess.run(self.command(None, words), capture_output=True, text=True,
                              timeout=timeout, check=False)
        assert not check or done.returncode == 0, (self.name, words, done.stdout, done.stderr)
        return done

    def shell(self, line, **how):
        """A line of a document, in the top folder of the source tree."""
        return self.run("sh", "-c", f"cd {self.tree} && {line}", **how)

    def daemon(self, name, *words):
        return daemon.Daemon(name, self, None, words, self.folder)

    def write(self, path, text, owner="root", mode=0o644):
        """A file below /etc."""
        made = self.etc / path
        made.parent.mkdir(exist_ok=True)
        made.write_text(text)
        made.chmod(mode)
        shutil.chown(made, owner, owner)


def _capabilities(names):
    return ",".join(["-all", *(f"+{name.removeprefix('CAP_').lower()}" for name in names)])


class Unit:
    """A unit file with its drop-in: the lines that a program can see."""

    def __init__(self, host, name):
        self._lists = {}
        unit = host.etc / f"systemd/system/{name}.service"
        for path in (unit, unit.with_name(unit.name + ".d") / "override.conf"):
            if path.exists():
                self._read(path.read_text())

    def _read(self, text):
        for line in text.splitlines():
            key, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                # An empty value resets a list.
                self._lists[key] = [*self._lists.get(key, []), value] if value else []

    def words(self, key):
        return " ".join(self._lists.get(key, [])).split()

    def last(self, key, default=""):
        return (self._lists.get(key) or [default])[-1]


class Units:
    """What `systemctl` does with our units on one host."""

    def __init__(self, host):
        self._host = host
        self.running = {}

    def unit(self, name):
        return Unit(self._host, name)

    def systemctl(self, line):
        """daemon-reload; enable --now, start, stop or restart UNIT..."""
        _, verb, *names = line.partition(" #")[0].split()
        names = [name for name in names if name != "--now"]
        if verb in ("stop", "restart"):
            for name in reversed(names):  # After= counts in both directions.
                self.stop(name)
        if verb in ("enable", "start", "restart"):
            for name in names:
                self.start(name)

    def _make_folders(self, name, unit):
        owner, group = unit.last("User", "root"), unit.last("Group", "root")
        for key, base in (("Runtime", "/run"), ("State", "/var/lib"), ("Configuration", "/etc")):
            for folder in unit.words(f"{key}Directory"):
                who = ("root", "root") if key == "Configuration" else (owner, group)
                self._host.run("install", "-d", "-o", who[0], "-g", who[1], "-m",
                               unit.last(f"{key}DirectoryMode", "0755"), f"{base}/{folder}")
                yield f"{key.upper()}_DIRECTORY={base}/{folder}"

    def start(self, name):
        """Returns when the program has reported that it is ready."""
        unit = self.unit(name)
        heard = self._host.folder / f"notify-{name}"
        heard.unlink(missing_ok=True)
        as_user = []
        if unit.last("User"):
            as_user = [f"--reuid={unit.last('User')}", f"--regid={unit.last('Group')}"]
        groups = ",".join(unit.words("SupplementaryGroups"))
        ambient = unit.words("AmbientCapabilities")
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as notified:
            notified.bind(str(heard))
            heard.chmod(0o777)
            self.running[name] = self._host.daemon(
                name, "setpriv", *as_user, f"--groups={groups}" if groups else "--clear-groups",
                f"--bounding-set={_capabilities(unit.words('CapabilityBoundingSet'))}",
                f"--inh-caps={_capabilities(ambient)}", f"--ambient-caps={_capabilities(ambient)}",
                "--no-new-privs", "env", f"NOTIFY_SOCKET={heard}", *self._make_folders(name, unit),
                *unit.last("ExecStart").split()).start()
            self._wait_until_ready(name, notified)

    def _wait_until_ready(self, name, notified):
        notified.settimeout(0.2)
        deadline = time.monotonic() + _READY_SECONDS
        started = self.running[name]
        while time.monotonic() < deadline and started.is_running():
            with contextlib.suppress(TimeoutError):
                if "READY=1" in notified.recv(4096).decode():
                    return
        raise AssertionError(f"{name} of {self._host.name} is not ready:\n{started.log()[-4000:]}")

    def stop(self, name):
        unit, running = self.unit(name), self.running[name]
        if running.is_running():
            running.kill(signal.SIGTERM)
            daemon.wait_for(lambda: not running.is_running(), int(unit.last("TimeoutStopSec")),
                            running.log)
        self._clean_up(unit)

    def _clean_up(self, unit):
        if unit.last("RuntimeDirectoryPreserve") != "yes":
            self._host.run("rm", "-rf", *(f"/run/{folder}"
                                          for folder in unit.words("RuntimeDirectory")))

    def kill(self, name):
        """kill -9, and as Restart=always a start after RestartSec=. When it was killed."""
        killed_at = self.running[name].kill()
        self._clean_up(self.unit(name))
        pause = self.unit(name).last("RestartSec")
        time.sleep(int(pause[:-2]) / 1000 if pause.endswith("ms") else int(pause))
        self.start(name)
        return killed_at

    def end(self):
        for one in self.running.values():
            one.ask_to_end()

    def kill_all(self):
        for one in self.running.values():
            if one.is_running():
                one.kill()


def links_to(folder, target):
    """`folder` with a link to each file of `target`."""
    folder.mkdir(parents=True)
    for path in pathlib.Path(target).iterdir():
        (folder / path.name).symlink_to(path)
