"""A real Chromium for tests of pages: found on this machine, driven by Playwright, never fetched.

Left out: what is looked at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from echo_testing.waiting import LONG_S

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
MISSING: Final = (
    "no Chromium and Playwright are installed: `apt-get install chromium`, "
    "`pip install playwright axe-playwright-python`"
)

# Resolves when what was changed has been drawn: colours of a scheme are not there at once.
_DRAWN: Final = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def found() -> str:
    """The program; empty where it, or what drives it, is not installed."""
    try:
        import axe_playwright_python  # noqa: F401, PLC0415
        import playwright  # noqa: F401, PLC0415
    except ImportError:
        return ""
    return next(filter(None, map(shutil.which, NAMES)), "")


@contextmanager
def running(*arguments: str) -> Iterator[Browser]:
    """A browser that asks nobody anything by itself."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    quiet = ["--disable-background-networking", "--disable-component-update", *arguments]
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []  # Chromium's own refuses root
    with sync_playwright() as playing:
        browser = playing.chromium.launch(
            executable_path=found(), args=[*quiet, *sandbox], timeout=LONG_S * 1000
        )
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A window whose every request and complaint is written down.

    It asks for no motion: half of a change from one colour to the next is no colour of the page,
    and how much of it is over when somebody looks is a matter of the machine.
    """

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.context: BrowserContext = browser.new_context(reduced_motion="reduce", **options)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("console", lambda message: self.complaints.append(message.text))
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.set_default_timeout(LONG_S * 1000)
        self.page: Page = self.context.new_page()

    def follow(self, what: str) -> None:
        """Click what leads to another page, and wait for all of that: a click waits for less."""
        with self.page.expect_navigation():
            self.page.click(what)

    def faults(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA and its own good practice on this page."""
        self.page.evaluate(_DRAWN)
        assert self.page.evaluate("document.getAnimations().length") == 0, "something moves"
        source = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
        self.page.evaluate(source)  # past the page's policy, which forbids every script
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']}: {each['help']}: {node['html'][:120]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]
