"""The administrators' console: `echo-trainer console` in a real Chromium, over a worked-in home."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import pytest

from echo_testing import chromium
from echo_testing.chromium import Watched
from echo_testing.console_process import Console, console
from echo_testing.release_house import CHANNEL, PASSPHRASE
from echo_testing.worked_trainer import CANARY, WorkedTrainer
from echo_trainer.release import publishing
from echo_trainer.tables import tokens

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.skipif(not chromium.found(), reason=chromium.MISSING)
MODES: Sequence[tuple[Literal["light", "dark"], int]] = (
    ("light", 1280),
    ("dark", 1280),
    ("light", 400),
)
PAGES = (
    *("/", "/contributions", "/datasets", "/runs", "/runs/2026-11-first"),
    *("/releases", "/releases/2026-11-r3", "/channels", "/tokens"),
    *("/experiments", "/experiments/stable/depth"),
)


@pytest.fixture(name="trainer", scope="module")
def worked_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkedTrainer]:
    made = WorkedTrainer(tmp_path_factory.mktemp("t"))
    made.happen()
    yield made
    made.close()


@pytest.fixture(name="publisher")
def with_releases(tmp_path: Path) -> Iterator[WorkedTrainer]:
    """One to be changed: releases and a token, and nothing else."""
    made = WorkedTrainer(tmp_path)
    made.release("d" * 64, "e" * 64)
    made.token("our team")
    yield made
    made.close()


@pytest.fixture(name="browser", scope="module")
def a_browser() -> Iterator[object]:
    with chromium.running() as browser:
        yield browser


def enter(started: Console, browser: object, **options: object) -> tuple[Watched, str]:
    watched = Watched(browser, **options)  # type: ignore[arg-type]
    watched.page.goto(started.link)
    return watched, watched.page.url.rstrip("/")


def notice(page: Page) -> Locator:
    return page.locator(".notice").first


def test_every_page_is_whole_quiet_usable_and_names_nobody(
    trainer: WorkedTrainer, browser: object
) -> None:
    broken = trainer.break_a_version()
    with console(trainer.home.folder, *trainer.signing) as started:
        watched, url = enter(started, browser)
        page, faults = watched.page, list[str]()
        page.goto(f"{url}/datasets")
        name = page.locator("tbody th a code").first.inner_text()
        for path in (*PAGES, f"/datasets/{name}"):
            answer = page.goto(f"{url}{path}")
            assert answer is not None
            assert answer.status == 200, path
            said = page.content()
            assert CANARY not in said
            assert not [who for who in trainer.people if who[:12] in said], path
            assert str(trainer.home.folder) not in said
            for each in page.locator("details").all():
                each.evaluate("one => one.open = true")
            for scheme, width in MODES:
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                faults += [f"{path} {scheme} {width}: {fault}" for fault in watched.faults()]
        assert faults == []
        assert watched.complaints == []
        origin = "://".join(urlsplit(url)[:2])
        assert {"://".join(urlsplit(each)[:2]) for each in watched.requests} == {origin}
        page.goto(f"{url}/datasets")
        assert "This is no manifest" in page.locator("tr", has_text=broken).inner_text()
        page.goto(f"{url}/datasets/{broken}")
        assert "This is no manifest" in page.locator("main").inner_text()
        watched.context.close()


def test_what_the_pages_show_is_what_is_there(trainer: WorkedTrainer, browser: object) -> None:
    with console(trainer.home.folder, *trainer.signing) as started:
        watched, url = enter(started, browser)
        page = watched.page
        assert "echo-trainer curate fulfils a wish" in page.locator("ol").inner_text()
        watched.follow("nav >> text=Contributions")
        assert page.locator(".plot .bar").count() >= 20
        assert (
            "this trainer does not accept"
            in page.locator("section", has_text="Refused").last.inner_text()
        )
        assert (
            "curation has still to delete"
            in page.locator("section[aria-labelledby=wishes]").inner_text()
        )
        watched.follow("nav >> text=Runs and gates")
        watched.follow("text=2026-11-first")
        assert "Exact match fell" in page.content()
        watched.follow("text=the report")
        assert page.title() == "Gate"  # its script did not run; its style holds
        assert (
            page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
        )
        page.go_back()
        watched.follow("text=the model card")
        assert "# 2026-11-first" in page.content()
        page.goto(f"{url}/experiments/stable/depth")
        assert "Promote new" in notice(page).inner_text()
        page.goto(f"{url}/releases/2026-11-r3")
        watched.follow("text=2026-11-second")
        assert page.locator(".plot .line.series-1").count() == 2  # losses, and the rate
        page.goto(f"{url}/releases/2026-11-r2")
        assert "slower on laptops" in page.content()
        assert page.goto(f"{url}/runs/none-such").status == 404  # type: ignore[union-attr]
        watched.context.close()


def test_what_needs_a_passphrase_is_shown_with_its_command(
    trainer: WorkedTrainer, browser: object
) -> None:
    with console(trainer.home.folder, *trainer.signing) as started:
        watched, url = enter(started, browser, java_script_enabled=False)
        page = watched.page
        page.goto(f"{url}/channels")
        page.fill(f"#percent-{CHANNEL}", "25")
        watched.follow("text=Roll out: show what would change")
        assert "stable: 2026-11-r3 for 25%" in page.locator("main").inner_text()
        said = f"echo-trainer release rollout 25 --channel {CHANNEL} --release 2026-11-r3"
        command = page.locator("pre").inner_text()
        assert command == " ".join((said, *trainer.signing))
        assert "without a passphrase" in notice(page).inner_text()
        assert page.locator("main form").count() == 0
        watched.context.close()


def test_everything_is_done_after_it_was_shown_and_without_a_script(
    publisher: WorkedTrainer, browser: object
) -> None:
    trainer = publisher
    with console(trainer.home.folder, *trainer.signing, passphrase=PASSPHRASE) as started:
        watched, url = enter(started, browser, java_script_enabled=False)
        page = watched.page
        page.goto(f"{url}/channels")
        page.fill(f"#percent-{CHANNEL}", "much")
        watched.follow("text=Roll out: show what would change")
        assert "a number from 0 to 100" in notice(page).inner_text()
        page.fill(f"#percent-{CHANNEL}", "25")
        watched.follow("text=Roll out: show what would change")
        before = publishing.read_channel(trainer.publisher.repository(), CHANNEL)
        watched.follow("text=Do it")
        assert "2026-11-r3 for 25%" in notice(page).inner_text()
        after = publishing.read_channel(trainer.publisher.repository(), CHANNEL)
        assert (before.rollouts[0].parts, after.rollouts[0].parts) == (1_000_000, 250_000)
        page.fill(f"#percent-{CHANNEL}", "25")
        watched.follow("text=Roll out: show what would change")
        assert "it is so already" in page.locator("main").inner_text()
        watched.follow("text=Back, without changing anything")
        rollback_by_hand(trainer, watched)
        block_by_hand(trainer, watched, url)
        revoke_by_hand(trainer, watched)
        watched.follow("text=Close the console")
        assert "The console is closed" in page.content()
        assert page.goto(f"{url}/").status == 403  # type: ignore[union-attr]
        watched.context.close()


def rollback_by_hand(trainer: WorkedTrainer, watched: Watched) -> None:
    """What has changed since it was shown is not done."""
    page = watched.page
    page.fill(f"#reason-{CHANNEL}", "people took less of it")
    watched.follow("text=Roll back: show what would change")
    repository = trainer.publisher.repository()
    publishing.rollout(repository, CHANNEL, 100_000, "2026-11-r1")
    repository.commit()
    watched.follow("text=Do it")
    assert "Something has changed" in page.locator("[role=alert]").inner_text()
    page.select_option(f"#rollback-{CHANNEL}", "2026-11-r3")
    page.fill(f"#reason-{CHANNEL}", "people took less of it")
    watched.follow("text=Roll back: show what would change")
    watched.follow("text=Do it")
    channel = publishing.read_channel(trainer.publisher.repository(), CHANNEL)
    assert [each.release for each in channel.rollouts] == ["2026-11-r1"]
    assert channel.block_of("2026-11-r3") is not None


def block_by_hand(trainer: WorkedTrainer, watched: Watched, url: str) -> None:
    page = watched.page
    page.goto(f"{url}/releases/2026-11-r1")
    page.fill("#channel", "beta")
    watched.follow("text=Promote: show what would change")
    watched.follow("text=Do it")
    page.goto(f"{url}/releases/2026-11-r1")
    page.fill("#reason", "it repeats itself")
    watched.follow("text=Block in every channel")
    assert "beta: block 2026-11-r1" in page.locator("main").inner_text()
    watched.follow("text=Do it")
    assert "Blocked in beta: it repeats itself" in page.content()
    found = publishing.read_channel(trainer.publisher.repository(), "beta")
    assert found.rollouts == ()


def revoke_by_hand(trainer: WorkedTrainer, watched: Watched) -> None:
    page = watched.page
    watched.follow("nav >> text=Tokens")
    watched.follow("tbody button")
    watched.follow("text=Do it")
    assert "admits nobody any more" in notice(page).inner_text()
    with trainer.database.read() as rows:
        assert all(one.revoked for one in tokens.listed(rows))


def test_the_keyboard_reaches_everything(trainer: WorkedTrainer, browser: object) -> None:
    with console(trainer.home.folder, *trainer.signing) as started:
        watched, url = enter(started, browser)
        page = watched.page
        page.goto(f"{url}/releases/2026-11-r3")
        wanted = page.locator("a:visible, button:visible, input:visible, select:visible").count()
        reached = 0
        for _ in range(wanted + 20):
            page.keyboard.press("Tab")
            seen = page.evaluate(
                "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
                " return [e.tagName, s.outlineStyle, parseFloat(s.outlineWidth)]; })()"
            )
            if seen[0] == "BODY":
                break
            assert seen[1] != "none", seen
            reached += 1
        assert reached >= wanted
        watched.context.close()


def test_an_empty_trainer_says_what_comes_first(tmp_path: Path, browser: object) -> None:
    with console(tmp_path / "new") as started:
        watched, url = enter(started, browser)
        page = watched.page
        assert "echo-trainer keys create" in page.locator("ol").inner_text()
        for path in ("/contributions", "/datasets", "/runs", "/releases", "/channels", "/tokens"):
            answer = page.goto(f"{url}{path}")
            assert answer is not None
            assert answer.status == 200
            assert "echo-trainer" in page.locator("main").inner_text(), path
        assert watched.faults() == []
        assert not (tmp_path / "new" / "data" / "tables.db").exists()  # looking makes nothing
        watched.context.close()
