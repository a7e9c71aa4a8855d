"""The inspector in a real Chromium, over a real daemon whose store holds a week of work."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import psutil
import pytest

from echo_core.records import trace
from echo_runtime.clock import SystemClock
from echo_testing import chromium, leftovers
from echo_testing.chromium import Watched
from echo_testing.shell import Shell
from echo_testing.weeks import Weeks

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.skipif(not chromium.found(), reason=chromium.MISSING)
DAYS = 7
PAGES = (
    "/",
    "/progress",
    "/progress?days=365",
    "/samples",
    "/samples?state=kept",
    "/gaps",
    "/outbox",
    "/consent",
    "/consent/record",
    "/consent/contribute",
    "/models",
    "/data",
)
GROWTH_MAX = 32 << 20  # bytes: 13 MB were seen, of which 5 are the libraries
NAME = "evil.example"


@pytest.fixture(name="shell", scope="module")
def worked_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A profile with a week of work in it, judged, of which some waits in the outbox."""
    shell = Shell(tmp_path_factory.mktemp("h"))
    until_ms = SystemClock().wall_ms() - 3_600_000
    asyncio.run(Weeks(shell.profile, shell.home / "project", until_ms, DAYS).happen())
    assert shell.run("distill", "--now", "--limit", "12").returncode in (0, 4)
    assert "waiting: " in shell.run("outbox", "send", "--now").stdout
    yield shell
    shell.run("stop")
    assert leftovers.end(leftovers.daemons(shell.home)) == []


@pytest.fixture(name="copy")
def to_be_erased(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The same once more, for whoever erases it; what was worked on lies where it lay."""
    shell.run("stop")
    home = tmp_path_factory.mktemp("h")
    shutil.copytree(shell.home, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
    made = Shell(home)
    yield made
    made.run("stop")
    assert leftovers.end(leftovers.daemons(home)) == []


@pytest.fixture(name="browser", scope="module")
def a_browser() -> Iterator[object]:
    with chromium.running(f"--host-resolver-rules=MAP {NAME} 127.0.0.1") as browser:
        yield browser


def link_of(shell: Shell) -> str:
    done = shell.run("dashboard")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def enter(shell: Shell, browser: object, **options: object) -> tuple[Watched, str]:
    """A window that followed a new link, and the address of the pages."""
    watched = Watched(browser, **options)  # type: ignore[arg-type]
    link = link_of(shell)
    watched.page.goto(link)
    token = link.rsplit("/", 1)[1]
    assert token not in watched.page.url
    assert token not in watched.page.content()
    return watched, watched.page.url.rstrip("/")


def a_sample(watched: Watched, url: str) -> str:
    watched.page.goto(f"{url}/samples?state=kept")
    return f"/samples/{watched.page.locator('tbody th a').first.inner_text()}"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 400)])
def test_every_page_is_whole_quiet_and_usable(
    shell: Shell, browser: object, scheme: str, width: int
) -> None:
    watched, url = enter(
        shell, browser, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page = watched.page
    grounds, faults = set(), list[str]()
    for path in (*PAGES, a_sample(watched, url)):
        answer = page.goto(f"{url}{path}")
        assert answer is not None
        assert answer.status == 200, path
        assert page.title().endswith(" · Echo")
        assert str(shell.home) not in page.title() + page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        for each in page.locator("details").all():
            each.evaluate("one => one.open = true")
        faults += [f"{path}: {fault}" for fault in watched.faults()]
    assert faults == []
    assert grounds == {"rgb(252, 252, 250)" if scheme == "light" else "rgb(21, 24, 26)"}
    assert watched.complaints == []
    origin = "://".join(urlsplit(url)[:2])
    assert {"://".join(urlsplit(each)[:2]) for each in watched.requests} == {origin}
    watched.context.close()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    shell: Shell, browser: object
) -> None:
    watched, url = enter(shell, browser)
    page = watched.page
    page.goto(f"{url}/outbox")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    page.keyboard.press("Enter")
    page.locator("#main:focus").wait_for()
    page.goto(f"{url}/outbox")
    wanted = page.locator("a, button, input:not([type=hidden]), select, summary, pre[tabindex]")
    reached = 0
    for _ in range(wanted.count() + 20):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.tagName, s.outlineStyle, parseFloat(s.outlineWidth)]; })()"
        )
        if seen[0] == "BODY":
            break
        assert seen[1] != "none", seen
        assert seen[2] >= 2, seen
        reached += 1
    assert reached >= page.locator("a:visible, button:visible, select:visible").count()
    page.goto(f"{url}/")
    page.keyboard.press("Tab")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Consent":
            page.keyboard.press("Enter")
            break
    page.wait_for_url(f"{url}/consent")
    assert watched.complaints == []
    watched.context.close()


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another origin on this machine, and what browsers tell it."""

    target: ClassVar[str] = ""
    told: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.told.append(str(self.headers))
        forged = (
            f'<iframe name="f" src="{self.target}/consent"></iframe><iframe name="g"></iframe>'
            f'<img src="{self.target}/"><script src="{self.target}/"></script>'
            f'<form id="x" method="post" target="g" action="{self.target}/consent/switch">'
            '<input name="switch" value="metrics"><input name="on" value="no"></form>'
            f'<script>x.submit(); fetch("{self.target}/samples", {{credentials: "include"}})'
            '.then(r => r.text()).then(t => { document.title = "read " + t.length; })'
            '.catch(() => { document.title = "refused"; });</script>'
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(forged)

    def log_message(self, *_: object) -> None:
        """Nothing: the run's own output is enough."""


def test_another_port_of_this_machine_reads_and_does_nothing(shell: Shell, browser: object) -> None:
    watched, url = enter(shell, browser)
    history = shell.run("consent", "show", "--history").stdout
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Elsewhere.target, Elsewhere.told = url, []
    try:
        page = watched.page
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function("document.title !== ''")
        assert page.title() == "refused"
        page.wait_for_load_state("networkidle")
        for frame in page.frames[1:]:
            assert "Contributing" not in frame.content()
    finally:
        server.shutdown()
        server.server_close()
    assert Elsewhere.told
    assert not [each for each in Elsewhere.told if "echo-inspector" in each]  # nor the cookie
    assert shell.run("consent", "show", "--history").stdout == history
    assert watched.page.goto(f"{url}/").status == 200  # type: ignore[union-attr]
    watched.context.close()


def test_a_name_that_is_made_to_point_here_gets_nothing(shell: Shell, browser: object) -> None:
    watched, url = enter(shell, browser)
    answer = watched.page.goto(url.replace("127.0.0.1", NAME) + "/")
    assert answer is not None
    assert answer.status == 421
    assert "Overview" not in watched.page.content()
    watched.context.close()


def test_pages_cost_a_daemon_little(shell: Shell, browser: object) -> None:
    shell.run("stop")
    shell.run("outbox", "list")  # another daemon, which nobody asked for a link
    daemon = psutil.Process(shell.daemon_pid())
    before = daemon.memory_info().rss
    watched, url = enter(shell, browser)
    for path in PAGES:
        watched.page.goto(f"{url}{path}")
    assert daemon.memory_info().rss - before <= GROWTH_MAX
    watched.context.close()


def consent_by_hand(shell: Shell, watched: Watched) -> None:
    """The text and its digest are shown before anything is switched on."""
    page = watched.page
    watched.follow("nav >> text=Consent")
    watched.follow("section[aria-labelledby=metrics] >> text=Read the text and decide")
    text = shell.run("consent", "text").stdout
    digest = page.locator(".digest").first.inner_text()
    assert digest in text
    watched.follow("text=I agree: switch it on")
    assert "You switched it on." in notice(page).inner_text()
    assert digest[:16] in page.locator("section[aria-labelledby=history]").inner_text()
    assert "metrics: on" in shell.run("consent", "show").stdout
    watched.follow("section[aria-labelledby=metrics] >> text=Switch off")
    assert "metrics: off" in shell.run("consent", "show").stdout


def outbox_by_hand(shell: Shell, watched: Watched, folder: str) -> None:
    """What is shown is what would be sent; pause, drop one, drop what is in a folder."""
    page = watched.page
    watched.follow("nav >> text=Outbox")
    waiting = page.locator("section[aria-labelledby=waiting] tbody tr")
    count = waiting.count()
    assert count >= 2
    request = page.locator("input[name=request]").first.get_attribute("value")
    watched.follow("section[aria-labelledby=waiting] tbody tr:first-child a")
    shown = page.locator("pre[aria-label='The bytes']").inner_text()
    assert shown == shell.run("outbox", "show", str(request)).stdout.removesuffix("\n")
    assert json.loads(shown)["target"]
    watched.follow("text=Do not send this sample")
    assert "1 sample dropped" in notice(page).inner_text()
    assert waiting.count() == count - 1
    watched.follow("text=Send nothing for now")
    assert "paused: everything" in shell.run("outbox", "list").stdout
    page.fill("#folder", "not/a/whole/path")
    watched.follow("text=Pause this folder")
    assert "whole path" in page.locator("[role=alert]").inner_text()
    page.fill("#folder", folder)
    watched.follow("text=Pause this folder")
    watched.follow("text=Go on sending")
    assert f"paused: {folder}" in shell.run("outbox", "list").stdout
    page.fill("#path", folder)
    watched.follow("text=Drop these")
    assert "Nothing waits." in page.content()


def data_by_hand(shell: Shell, watched: Watched) -> None:
    """Two files, a part forgotten, everything erased."""
    page = watched.page
    watched.follow("nav >> text=Your data")
    with page.expect_download() as downloading:
        page.click("text=as JSON lines")
    lines = downloading.value.path().read_text("utf-8").strip().split("\n")
    kinds = {json.loads(line)["kind"] for line in lines}
    assert {"choice", "sample", "outbox"} <= kinds
    with page.expect_download() as downloading:
        page.click("section[aria-labelledby=export] tbody tr:first-child a")
    assert trace.check(downloading.value.path().read_text("utf-8").split("\n"))
    page.select_option("#forget-last", "7d")
    watched.follow("text=Forget what was recorded since")
    assert "looked for again, and not found" in notice(page).inner_text()
    page.fill("#word", "please")
    watched.follow("button:has-text('Erase everything')")
    assert "Nothing was erased" in notice(page).inner_text()
    page.fill("#word", "erase")
    watched.follow("button:has-text('Erase everything')")
    assert "Erased" in notice(page).inner_text()
    assert not list(shell.profile.data_dir.glob("store.db*"))


def notice(page: Page) -> Locator:
    return page.locator(".notice").first


def test_everything_can_be_done_without_a_script(
    shell: Shell, copy: Shell, browser: object
) -> None:
    watched, url = enter(copy, browser, java_script_enabled=False)
    page = watched.page
    consent_by_hand(copy, watched)
    outbox_by_hand(copy, watched, str(shell.home / "project"))
    data_by_hand(copy, watched)
    watched.follow("text=Close the inspector")
    assert page.goto(f"{url}/").status == 403  # type: ignore[union-attr]
    assert watched.complaints == [
        each for each in watched.complaints if "403" in each
    ]  # of the page that was closed
    watched.context.close()
