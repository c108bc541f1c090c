"""A daemon in a namespace: started, killed, paused and restarted."""

import os
import pathlib
import signal
import subprocess
import time

_STOP_SECONDS = 10


def wait_for(what, seconds, text):
    """Calls what() until it returns a true value, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {text() if callable(text) else text}")
        time.sleep(0.01)


class Daemon:
    """One program with its command; not running until start(). May be killed and restarted."""

    def __init__(self, name, namespaces, where, command, folder):
        self.name = name
        self.command = list(map(str, command))
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        self._full = namespaces.command(where, command)
        self._folder = folder
        self._process = None

    @property
    def pid(self):
        return self._process.pid

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self):
        if self.is_running():
            return self
        with open(self.log_path, "ab") as log:
            # ip(8) becomes the program, so that the process is the daemon's. A group of its own:
            # Ctrl-C reaches the lab, which then stops the daemons in order.
            self._process = subprocess.Popen(self._full, stdout=log, stderr=subprocess.STDOUT,
                                             stdin=subprocess.DEVNULL, cwd=self._folder,
                                             process_group=0)
        return self

    def kill(self, number=signal.SIGKILL):
        """Sends the signal, and waits for the exit if it is SIGKILL. Returns when it was sent."""
        sent = time.monotonic()
        os.kill(self.pid, number)
        if number == signal.SIGKILL:
            self._process.wait(_STOP_SECONDS)
        return sent

    def stop(self):
        """SIGSTOP: the process hangs. cont() resumes it."""
        return self.kill(signal.SIGSTOP)

    def cont(self):
        return self.kill(signal.SIGCONT)

    def ask_to_end(self):
        """Sends SIGTERM, to a stopped process too, without waiting for the result."""
        if self.is_running():
            self.cont()
            self.kill(signal.SIGTERM)

    def end(self):
        """Stops it with SIGTERM, or else with SIGKILL."""
        if not self.is_running():
            return
        self.ask_to_end()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def restart(self):
        self.end()
        return self.start()
