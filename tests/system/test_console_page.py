"""The console's page in a real browser without a window: by keyboard, at two widths, in both
colour schemes. HITHER_SCREENSHOTS=FOLDER keeps the pictures."""

import os
import pathlib
import socket

import console_browser
import pytest
from console_browser import WIDTHS, Keys, Window
from console_fleet import Console, FakeFleet


@pytest.fixture(scope="module")
def shots(make_folder):
    folder = pathlib.Path(os.environ.get("HITHER_SCREENSHOTS") or make_folder("shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def window(make_folder, shots):
    browser = console_browser.start(make_folder("browser"))
    yield Window(browser, shots)
    browser.quit()


@pytest.fixture
def lab(hither, make_folder, window):
    fleet = FakeFleet()
    console = Console(make_folder("console"), fleet.yaml())
    console.fake = fleet
    console.wait(lambda told: all(node["v4"] for node in told["nodes"])
                 and all(client["answers"] for client in told["clients"]))
    window.size(WIDTHS[0])
    window.open_first(console.url)
    yield console
    console.stop()
    fleet.stop()


_OVERFLOW = """
const wide = [...document.querySelectorAll("body *")].filter((one) =>
  one.getBoundingClientRect().right > innerWidth + 1 &&
  !one.closest(".hidden, thead, .skip, #map svg"));  // The map scrolls in its region.
return [document.documentElement.scrollWidth - innerWidth,
        wide.map((one) => one.tagName + "." + one.getAttribute("class"))];
"""


@pytest.mark.parametrize("width", (320, *WIDTHS, 1000))
def test_nothing_is_wider_than_the_window(lab, window, width):
    window.size(width)
    window.wait("return innerWidth === arguments[0]", width)
    window.open(lab.url)
    too_wide, elements = window.run(_OVERFLOW)
    assert too_wide <= 0 and elements == []
    assert window.errors() == []


# What a screen reader has been told, since the next news takes the place of it.
_HEAR = """
const news = document.getElementById("news");
window.heard = "";
new MutationObserver(() => { window.heard += news.textContent + "\\n"; })
  .observe(news, {childList: true, characterData: true, subtree: true});
"""


def test_a_failure_by_keyboard_with_pictures(lab, window):
    window.shots("before")
    assert "boston\n" in window.text("#client-table") + "\n"
    window.run(_HEAR)
    window.tab_to("Kill ns1.nyc1")
    window.press(Keys.ENTER)
    window.wait("return document.getElementById('toast').textContent === 'kill ns1.nyc1: done'")
    window.wait("return document.querySelector('#map svg').getAttribute('aria-label')"
                ".includes('boston by ams1')")
    window.wait("return window.heard.includes('ns1.nyc1: dns IPv4 UP to DOWN')")
    window.wait("return document.getElementById('line').textContent.includes('UP to DOWN')")
    focus = window.run("return document.activeElement.getAttribute('aria-label')")
    assert focus == "Kill ns1.nyc1"  # The table has been filled again by now.
    window.shots("during")
    window.tab_to("Heal ns1.nyc1")
    window.press(Keys.SPACE)
    window.wait("return document.querySelector('#map svg').getAttribute('aria-label')"
                ".includes('boston by nyc1')")
    window.shots("after")
    window.size(WIDTHS[0], dark=True)
    window.shot("dark-1280")
    window.size(WIDTHS[1], dark=True)
    window.shot("dark-390")
    assert window.errors() == []


def test_the_focus_can_be_seen(lab, window):
    window.tab_to("Drain ns1.fra1")
    outline = window.run("return getComputedStyle(document.activeElement).outlineStyle + ' ' + "
                         "getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "solid 3px"


def test_a_refused_command_is_told(lab, window):
    lab.fake.nodes["ns1.ams1"].pages.stop()
    window.tab_to("Hang ns1.ams1")
    window.press(Keys.ENTER)
    window.wait("return document.getElementById('toast').textContent.includes('failed')")
    assert "nothing listens there" in window.text("#toast")
    # The browser itself notes the 502; nothing else.
    assert all("502" in error for error in window.errors())


def test_landmarks_names_and_tables(lab, window):
    """What a screen reader goes by."""
    assert window.run("""
        return [...document.querySelectorAll("main > section:not([hidden])")].every((one) =>
          one.ariaLabel || document.getElementById(one.getAttribute("aria-labelledby")))""")
    assert window.run("return document.querySelectorAll('header, main, footer').length") == 3
    assert window.run("return document.querySelectorAll('h1').length") == 1
    unnamed = window.run("""
        return [...document.querySelectorAll("button")].filter((one) =>
          !one.ariaLabel || !one.ariaLabel.startsWith(one.textContent)).length""")
    assert unnamed == 0  # WCAG 2.5.3: what is seen is how it is called.
    assert window.run("return document.querySelectorAll('tbody th[scope=row]').length") > 10
    live = window.run("return document.getElementById('news').getAttribute('aria-live')")
    assert live == "polite"
    small = window.run("""
        return [...document.querySelectorAll("button")].filter((one) =>
          one.getBoundingClientRect().height < 24).length""")
    assert small == 0  # WCAG 2.5.8


_CONTRAST = """
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) =>
  v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (one) => {
  for (; one; one = one.parentElement) {
    const colour = parse(getComputedStyle(one).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
const poor = [];
for (const one of document.querySelectorAll("body *")) {
  const has_text = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!has_text || one.closest("svg, script, noscript, .hidden") || !one.offsetWidth) continue;
  const [a, b] = [light(parse(getComputedStyle(one).color)), light(behind(one))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) poor.push(`${one.textContent.slice(0, 30)} ${ratio.toFixed(2)}`);
}
return poor;
"""


@pytest.mark.parametrize("dark", [False, True])
def test_contrast(lab, window, dark):
    """WCAG 1.4.3: 4.5 to 1, in both colour schemes."""
    lab.fake.nodes["ns1.fra1"].faults = ["stale"]
    lab.fake.nodes["ns1.sin1"].faults = ["kill"]
    lab.fake.nodes["ns1.ams1"].drained = True
    window.size(WIDTHS[0], dark=dark)
    window.wait("return ['SOFT', 'DRAIN', 'DOWN'].every((state) => "
                "document.querySelector(`.chip[data-state=${state}]`))")
    assert window.run(_CONTRAST) == []


def test_read_only_there_is_no_button(hither, make_folder, window, shots):
    fleet = FakeFleet()
    console = Console(make_folder("console"), fleet.yaml(agents=False))
    try:
        window.open(console.url)
        assert window.run("return document.querySelectorAll('button').length") == 0
        window.shot("read-only-1280")
    finally:
        console.stop()
        fleet.stop()


_FAMILIES = """
const row = [...document.querySelectorAll("#node-table tbody tr")]
  .find((one) => one.textContent.includes("ns1.sin1"));
return [row.children[1].innerText, row.children[2].innerText].map((text) => text.trim()).join();
"""


@pytest.mark.parametrize("families, shown", [
    (["ipv4"], "▲ UP,no IPv6 service"),
    (["ipv6"], "no IPv4 service,▲ UP"),
    (["ipv4", "ipv6"], "▲ UP,▲ UP"),
])
def test_a_family_that_no_service_has(lab, window, families, shown):
    node = lab.fake.nodes["ns1.sin1"]
    node.families = families
    window.wait(f"return (() => {{ {_FAMILIES} }})() === arguments[0]", shown)
    node.garbage = True  # Nobody knows the services of a sidecar that does not answer.
    window.wait(f"return (() => {{ {_FAMILIES} }})() === '? unknown,? unknown'")
    assert window.errors() == []


def test_foreign_text_is_shown_as_text(lab, window):
    lab.fake.nodes["ns1.fra1"].state = lambda: ("UP", "healthy", "<img src=x onerror=alert(1)>")
    window.wait("return document.getElementById('node-table').innerText.includes('<img')")
    assert window.run("return document.querySelectorAll('main img').length") == 0
    assert window.errors() == []


def test_the_map_of_many_sites_can_be_read(hither, make_folder, window, shots):
    """It scrolls, by keyboard too, and its names keep their size."""
    fleet = FakeFleet()
    more = "\n".join(f"  - {{ name: more{i}, place: Town {i}, latitude: {i * 9 - 40}, longitude: "
                     f"{i * 40 - 150}, nodes: [{{ name: ns1, hitherd: 127.0.0.1:9 }}] }}"
                     for i in range(8))
    console = Console(make_folder("console"), fleet.yaml(sites=more))
    try:
        for width in (320, 390, 1280):
            window.size(width)
            window.open(console.url)
            heights = window.run("return [...document.querySelectorAll('#map .name')]"
                                 ".map((one) => one.getBoundingClientRect().height)")
            assert len(heights) >= 12 and min(heights) >= 13
            assert window.run(_OVERFLOW) == [0, []]
            window.shot(f"12-sites-{width}")
            if width > 400:
                continue
            window.run("document.getElementById('map').focus()")
            window.press(Keys.ARROW_RIGHT)
            window.wait("return document.getElementById('map').scrollLeft > 0")
    finally:
        console.stop()
        fleet.stop()


def test_a_page_too_many_says_so_and_asks(hither, make_folder, window):
    fleet = FakeFleet()
    console = Console(make_folder("console"), fleet.yaml())
    others = []
    try:
        for _ in range(16):
            others.append(socket.create_connection(("127.0.0.1", console.port)))
            others[-1].sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert others[-1].recv(1)
        window.browser.get(console.url)
        window.wait("return document.getElementById('live').dataset.state === 'asking'")
        assert "too many pages are open" in window.text("#live")
        assert "boston" in window.text("#client-table")
        for other in others:
            other.close()
        window.wait("return document.getElementById('live').dataset.state === 'live'")
    finally:
        for other in others:
            other.close()
        console.stop()
        fleet.stop()
    window.errors()  # The browser itself notes the 503.


def test_a_refusal_that_is_text_is_shown(lab, window):
    window.run("window.fetch = async () => new Response('no such host\\n', {status: 403})")
    window.tab_to("Drain ns1.fra1")
    window.press(Keys.ENTER)
    window.wait("return document.getElementById('toast').textContent.includes('failed')")
    assert window.text("#toast") == (
        "drain ns1.fra1 failed: the console answers HTTP status 403: no such host")


def test_queries_a_second_of_each_site(lab, window):
    window.wait("return /Queries\\/s/.test(document.getElementById('site-table').innerText)")
    window.wait("""
        const at = [...document.querySelectorAll('#site-table th[scope=col]')]
          .findIndex((one) => one.textContent === 'Queries/s');
        return [...document.querySelectorAll('#site-table tbody tr')]
          .every((row) => Number.parseFloat(row.children[at].textContent) > 0);""")


def test_an_answer_may_name_what_is_no_site(lab, window):
    """The name of a router on the map, of a client, of nothing: text, and the page goes on."""
    for name in ("transit-a", "berlin", "client berlin", "atlantis", "__proto__"):
        lab.fake.clients["paris"].site_of = lambda name=name: f"ns1.{name}"
        window.wait("return document.querySelector('#map svg').getAttribute('aria-label')"
                    f".includes('paris by {name},')")
        assert name in window.text("#client-table")
    assert window.run("return document.getElementById('live').dataset.state") == "live"
    assert window.errors() == []


def test_what_cannot_be_shown_is_not_live(lab, window):
    window.run("page.map.update = () => { throw new Error('broken on purpose'); };")
    window.wait("return document.getElementById('live').dataset.state === 'lost'")
    assert "cannot read" in window.text("#live")
    assert window.errors()


def test_a_router_may_have_the_name_of_a_site(hither, make_folder, window):
    fleet = FakeFleet()
    more = "routers:\n  - { name: fra1, as: 64999, kind: bird }\n"
    console = Console(make_folder("console"), fleet.yaml().replace("routers:\n", more))
    try:
        window.size(WIDTHS[0])
        window.open_first(console.url)
        window.wait("return document.getElementById('client-table').innerText.includes('ns1')")
        names = window.run("return [...document.querySelectorAll('#map .name')]"
                           ".map((one) => one.textContent)")
        assert names.count("fra1") == 2
        assert window.errors() == []
    finally:
        console.stop()
        fleet.stop()


def test_a_console_that_ends_is_noticed(lab, window):
    lab.stop()
    window.wait("return document.getElementById('live').dataset.state === 'lost'")
    assert "No data" in window.text("#live")
