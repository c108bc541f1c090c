"""The console's page in Debian's Chromium, without a window."""

import base64
import shutil

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="needs Debian's python3-selenium")
if not (shutil.which("chromium") and shutil.which("chromedriver")):
    pytest.skip("needs Debian's chromium and chromium-driver", allow_module_level=True)

from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.wait import WebDriverWait  # noqa: E402

WIDTHS = (1280, 390)
_SECONDS = 60


def start(folder):
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--no-first-run", "--disable-background-networking", "--hide-scrollbars",
                 f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)


class Window:
    """The page in the browser."""

    def __init__(self, browser, shots):
        self.browser, self._shots = browser, shots

    def size(self, width, height=900, dark=False):
        # Not set_window_size(): no window is as narrow as a phone.
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def open(self, url):
        self.browser.get(url)
        self.wait("return document.getElementById('live').dataset.state === 'live'")

    def open_first(self, url):
        """As open(), without the errors of the page before, which goes on asking while it is
        there."""
        self.browser.get("about:blank")
        self.errors()
        self.open(url)

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def wait(self, script, *arguments):
        return WebDriverWait(self.browser, _SECONDS, 0.1).until(
            lambda _: self.run(script, *arguments), message=script)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).innerText", selector)

    def shot(self, name):
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return innerWidth")
        picture = self.browser.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": width, "height": min(height, 6000), "scale": 1}})
        (self._shots / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def shots(self, moment):
        for width in WIDTHS:
            self.size(width)
            self.shot(f"{moment}-{width}")
        self.size(WIDTHS[0])

    def press(self, *keys):
        webdriver.ActionChains(self.browser).send_keys(*keys).perform()

    def tab_to(self, label, most=120):
        """Goes from button to button, as a keyboard does, to the one of that accessible name."""
        for _ in range(most):
            self.press(Keys.TAB)
            if self.run("return document.activeElement.getAttribute('aria-label')") == label:
                return
        raise AssertionError(f"no TAB leads to {label}")

    def errors(self):
        return [entry["message"] for entry in self.browser.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]
