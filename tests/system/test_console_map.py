"""The console's map in a real browser: it fits its panel, no box lies on another, no line runs
through a box, and the continents lie behind the sites. HITHER_SCREENSHOTS=FOLDER keeps the
pictures."""

import os
import pathlib

import console_browser
import pytest
from console_browser import Window
from console_fleet import PLACES, Console, FakeFleet

_WIDTHS = (390, 768, 1024, 1280, 1440, 1920)


@pytest.fixture(scope="module")
def window(make_folder):
    shots = pathlib.Path(os.environ.get("HITHER_SCREENSHOTS") or make_folder("shots"))
    shots.mkdir(parents=True, exist_ok=True)
    browser = console_browser.start(make_folder("browser"))
    yield Window(browser, shots)
    browser.quit()


def _start(make_folder, **options):
    fleet = FakeFleet()
    console = Console(make_folder("console"), fleet.yaml(**options))
    console.fake = fleet
    console.wait(lambda told: all(node["v4"] for node in told["nodes"] if node["site"] in PLACES)
                 and all(client["answers"] for client in told["clients"]))
    return console


@pytest.fixture(scope="module")
def lab(hither, make_folder):
    console = _start(make_folder)
    yield console
    console.stop()
    console.fake.stop()


def _open(window, console, width):
    window.size(width)
    window.open_first(console.url)
    window.wait("return innerWidth === arguments[0]", width)
    window.wait("return document.querySelector('#map svg')")


_PANEL = """
const {scrollWidth, clientWidth, scrollHeight, clientHeight} = document.getElementById("map");
const page = document.documentElement;
return [scrollWidth - clientWidth, scrollHeight - clientHeight,
        page.scrollWidth - page.clientWidth];
"""

# All boxes, not only those of sites: pairs that overlap, and those that leave the panel.
_MISPLACED = """
const boxes = [...document.querySelectorAll("#map [data-box]")].map((one) => (
  {key: one.dataset.box, at: one.querySelector(".box").getBoundingClientRect()}));
const panel = document.getElementById("map").getBoundingClientRect();
const bad = boxes.filter(({at}) => at.left < panel.left || at.right > panel.right ||
                                   at.top < panel.top || at.bottom > panel.bottom)
  .map(({key}) => `${key} outside`);
boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
  if (a.at.left < b.at.right && b.at.left < a.at.right &&
      a.at.top < b.at.bottom && b.at.top < a.at.bottom) bad.push(`${a.key} on ${b.key}`);
}));
return [boxes.length, bad];
"""

# Walks along each line in steps of one pixel.
_CROSSED = """
const lines = [...document.querySelectorAll("#map [data-from]")];
const boxes = [...document.querySelectorAll("#map [data-box]")].map((one) => (
  {key: one.dataset.box, at: one.querySelector(".box").getBoundingClientRect()}));
const bad = new Set();
for (const line of lines) {
  const others = boxes.filter(({key}) => key !== line.dataset.from && key !== line.dataset.to);
  const matrix = line.getScreenCTM();
  for (let far = 0; far <= line.getTotalLength(); ++far) {
    const {x, y} = line.getPointAtLength(far).matrixTransform(matrix);
    for (const {key, at} of others) {
      if (x > at.left && x < at.right && y > at.top && y < at.bottom) {
        bad.add(`${line.dataset.from} to ${line.dataset.to} through ${key}`);
      }
    }
  }
}
return [lines.length, [...bad]];
"""


@pytest.mark.parametrize("width", _WIDTHS)
def test_the_map_fits_its_panel(lab, window, width):
    _open(window, lab, width)
    assert max(window.run(_PANEL)) <= 0
    count, misplaced = window.run(_MISPLACED)
    assert count == 13 and misplaced == []
    assert window.errors() == []
    window.shot(f"map-{width}")


@pytest.mark.parametrize("width", _WIDTHS)
def test_no_line_runs_through_a_box(lab, window, width):
    """Links, access lines, and the lines from clients to the sites that answer them."""
    _open(window, lab, width)
    count, crossed = window.run(_CROSSED)
    assert count >= 9 + 6 + 6 and crossed == []


def test_no_line_runs_through_a_box_when_clients_move(lab, window):
    for width in (390, 1280):
        _open(window, lab, width)
        lab.fake.nodes["ns1.nyc1"].faults = ["kill"]
        lab.fake.routers["r.fra1"].faults = ["cut"]
        try:
            for client in ("boston", "berlin"):
                window.wait("return document.querySelector('#map svg').getAttribute('aria-label')"
                            f".includes('{client} by ams1')")
            window.wait("return document.querySelectorAll('#map .cross').length >= 2")
            assert window.run(_CROSSED)[1] == []
            window.shot(f"map-broken-{width}")
        finally:
            lab.fake.nodes["ns1.nyc1"].faults = []
            lab.fake.routers["r.fra1"].faults = []
        window.wait("return document.querySelector('#map svg').getAttribute('aria-label')"
                    ".includes('berlin by fra1, paris by ams1, boston by nyc1')")


def test_the_map_follows_the_size_of_the_window(lab, window):
    _open(window, lab, 1280)
    for width in (1000, 500, 1283, 1920, 391):
        window.size(width)
        window.wait("return innerWidth === arguments[0]", width)
        window.wait("const svg = document.querySelector('#map svg'); const gap = "
                    "document.getElementById('map').clientWidth - svg.clientWidth; "
                    "return gap >= 0 && gap < 2")
        assert max(window.run(_PANEL)) <= 0
        assert window.run(_MISPLACED)[1] == []
        assert window.run(_CROSSED)[1] == []


def test_the_map_is_the_same_after_a_reload(lab, window):
    places = []
    for _ in range(2):
        _open(window, lab, 1280)
        places.append(window.run("return [...document.querySelectorAll('#map [data-box]')]"
                                 ".map((one) => one.getAttribute('transform'))"))
    assert places[0] == places[1]


def test_the_continents_lie_behind_the_sites(lab, window):
    _open(window, lab, 1280)
    land = window.run("""
        const land = document.querySelector("#map .land");
        return [land.getAttribute("aria-hidden"), land.parentNode.firstChild === land,
                land.getAttribute("d").split("M").length - 1];""")
    assert land[0] == "true" and land[1] and land[2] > 10
    # The continents and the sites share one projection; the coast is coarse.
    for place, latitude, longitude in PLACES.values():
        assert window.run("""
            const {x, y} = page.map.layout.project(arguments[1], arguments[0]);
            const land = document.querySelector("#map .land");
            return [-12, -6, 0, 6, 12].some((dx) => [-12, -6, 0, 6, 12].some(
              (dy) => land.isPointInFill(new DOMPoint(x + dx, y + dy))));
            """, latitude, longitude), place
    window.size(1280, dark=True)
    window.shot("map-dark-1280")


def test_without_coordinates_there_are_no_continents(hither, make_folder, window):
    console = _start(make_folder, coordinates=False)
    try:
        for width in (390, 1280):
            _open(window, console, width)
            assert window.run("return document.querySelectorAll('#map .land, #map .place').length"
                              ) == 0
            assert max(window.run(_PANEL)) <= 0
            assert window.run(_MISPLACED) == [13, []]
            assert window.run(_CROSSED)[1] == []
            window.shot(f"map-ring-{width}")
        assert window.errors() == []
    finally:
        console.stop()
        console.fake.stop()


def test_some_sites_may_have_no_coordinates(hither, make_folder, window):
    console = _start(make_folder, sites="  - { name: lost1, nodes: [{ name: ns1, "
                                        "hitherd: 127.0.0.1:9 }] }")
    try:
        _open(window, console, 1280)
        assert window.run("return document.querySelectorAll('#map .land').length") == 1
        assert window.run(_MISPLACED) == [14, []]
        assert window.errors() == []
    finally:
        console.stop()
        console.fake.stop()
