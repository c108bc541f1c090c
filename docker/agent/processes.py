"""Daemons that the agent runs: restarted when they exit, unless a fault keeps them down."""

import os
import pwd
import signal
import subprocess
import sys
import threading
import time

_RESTART_SECONDS = 0.5


def log(text):
    print(f"agent: {text}", file=sys.stderr, flush=True)


class Process:
    """Threads: any thread may call any verb."""

    def __init__(self, name, command, user=None):
        self.name = name
        self._command = command
        self._user = user
        self._lock = threading.Lock()
        self._running = None
        self._is_held = False
        self._is_ending = False

    def start(self):
        threading.Thread(target=self._keep, name=self.name, daemon=True).start()
        return self

    def _keep(self):
        while not self._is_ending:
            with self._lock:
                if not self._is_held and not self._is_ending:
                    self._running = self._start_now()
                running = self._running
            if running is not None:
                status = running.wait()
                with self._lock:
                    self._running = None
                    is_news = not self._is_held and not self._is_ending
                if is_news:
                    log(f"{self.name} exited with {status}; restarting it")
            time.sleep(_RESTART_SECONDS)

    def _start_now(self):
        identity = {}
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        try:
            return subprocess.Popen(self._command, **identity)
        except OSError as error:
            log(f"{self.name}: {error}")
            return None

    def is_running(self):
        with self._lock:
            return self._running is not None and self._running.poll() is None

    def _signal(self, number):
        with self._lock:
            if self._running is not None and self._running.poll() is None:
                os.kill(self._running.pid, number)

    def hold_down(self):
        """Kills it, and does not restart it until release()."""
        self._is_held = True
        self._signal(signal.SIGKILL)

    def release(self):
        self._is_held = False

    def stop(self):
        self._signal(signal.SIGSTOP)

    def resume(self):
        self._signal(signal.SIGCONT)

    def restart(self):
        self._signal(signal.SIGKILL)

    def end(self):
        self._is_ending = True
        self._signal(signal.SIGKILL)
