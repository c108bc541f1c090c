"""When routes changed at each carrier: a thread polls BIRD."""

import dataclasses
import threading
import time

POLL_SECONDS = 0.01


@dataclasses.dataclass(frozen=True)
class View:
    """A carrier's view of a prefix: the best route's site, and all sites with a route."""
    best: str | None
    as_path: tuple
    sites: frozenset


@dataclasses.dataclass(frozen=True)
class Change:
    at: float  # time.monotonic() when it was seen: at most POLL_SECONDS and a reply late.
    router: str
    view: View


def _view(bird, prefix):
    try:
        routes = bird.routes(prefix)
    except OSError:  # This router is down.
        routes = []
    best = routes[0] if routes and routes[0].is_best else None
    return View(best.site if best else None, tuple(best.as_path) if best else (),
                frozenset(route.site for route in routes))


class Watcher:
    """Watches one prefix at all carriers until it is closed."""

    def __init__(self, carriers, prefix):
        self._carriers, self._prefix = carriers, prefix
        self.changes = []
        self._now = {}
        self._changed = threading.Condition()
        self._end = threading.Event()
        self._look()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._end.set()
        self._thread.join()

    def _run(self):
        while not self._end.wait(POLL_SECONDS):
            self._look()

    def _look(self):
        for name, bird in self._carriers.items():
            view = _view(bird, self._prefix)
            if view == self._now.get(name):
                continue
            with self._changed:
                self._now[name] = view
                self.changes.append(Change(time.monotonic(), name, view))
                self._changed.notify_all()

    def views(self):
        with self._changed:
            return dict(self._now)

    def wait_for(self, condition, seconds):
        """Waits until condition(views) is true; returns the time of the change that made it so."""
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self._now), seconds):
                raise TimeoutError(f"{self._prefix} after {seconds} s: {self._now}")
            return self.changes[-1].at

    def wait_gone(self, site, seconds):
        """Waits until no carrier has a route to the site; returns when the last one lost it."""
        return self.wait_for(
            lambda views: not any(site in view.sites for view in views.values()), seconds)

    def wait_best(self, router, site, seconds):
        """Waits until the carrier's best route is the site's."""
        return self.wait_for(lambda views: views[router].best == site, seconds)

    def ever_best(self, router, since=0.0):
        """The sites that became the best there after a moment, without the one that already was."""
        return {change.view.best for change in self.changes
                if change.router == router and change.at >= since}
