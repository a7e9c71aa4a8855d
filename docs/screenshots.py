"""Makes the pictures of the inspector's and the console's pages again: `make images`.

Some weeks of work are played into a profile that is thrown away, its own daemon judges them, and a
real Chromium looks at every page, in light and dark.

Left out: looking whether they are beautiful; a model: the tests' engine stands for one.

Rules
 - A picture holds nothing of whoever makes it: the profile lies in a folder with a plain name.
 - A picture has at most 256 colours and the height of a screen or two: below 150 kB.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final, Literal

from PIL import Image

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "daemon"), str(ROOT / "trainer"), str(ROOT)]

from echo_daemon.models.choice import write_choice  # noqa: E402
from echo_engine.catalogue import load_catalogue  # noqa: E402 - needs the path above
from echo_runtime.clock import SystemClock  # noqa: E402
from echo_testing import chromium, fake_engine, leftovers  # noqa: E402
from echo_testing.chromium import Watched  # noqa: E402
from echo_testing.console_process import console  # noqa: E402
from echo_testing.shell import Shell  # noqa: E402
from echo_testing.weeks import Weeks  # noqa: E402
from echo_testing.worked_trainer import WorkedTrainer  # noqa: E402

IMAGES: Final = ROOT / "docs" / "images"
MODEL: Final = "qwen2.5-coder-0.5b"
DAYS: Final = 35
WIDTH: Final = 1280
HEIGHT_MAX: Final = 1700  # what is below is more of the same
NARROW: Final = 400
BYTES_MAX: Final = 150_000
PAGES: Final = {
    "overview": "/",
    "progress": "/progress",
    "samples": "/samples",
    "gaps": "/gaps",
    "outbox": "/outbox",
    "consent": "/consent",
    "consent-contribute": "/consent/contribute",
    "models": "/models",
    "data": "/data",
}
CONSOLE_PAGES: Final[dict[str, tuple[str, Literal["light", "dark"]]]] = {
    "overview": ("/", "light"),
    "contributions": ("/contributions", "light"),
    "experiment": ("/experiments/stable/depth", "dark"),
}


def main() -> None:
    """All pictures."""
    if not chromium.found():
        sys.exit(chromium.MISSING)
    wanted = sys.argv[1:] or ["inspector", "console"]
    leftovers.mark_this_run()
    IMAGES.mkdir(exist_ok=True)
    home = Path(tempfile.gettempdir()) / "echo"  # stands in the pictures
    if home.exists():
        sys.exit(f"{home} is there already: move it away.")
    try:
        if "console" in wanted:
            with chromium.running() as browser:
                _console(home, browser)
            shutil.rmtree(home)
        if "inspector" not in wanted:
            return
        shell = _worked_in(home)
        with chromium.running() as browser:
            for scheme in ("light", "dark"):
                _all_pages(shell, browser, scheme)
            _narrow(shell, browser)
    finally:
        leftovers.end(leftovers.daemons(home))
        shutil.rmtree(home, ignore_errors=True)


def _console(home: Path, browser: object) -> None:
    trainer = WorkedTrainer(home)
    trainer.happen()
    with console(trainer.home.folder, *trainer.signing) as started:
        watched = Watched(browser, viewport={"width": WIDTH, "height": 900})  # type: ignore[arg-type]
        page = watched.page
        page.goto(started.link)
        url = page.url.rstrip("/")
        for name, (path, scheme) in CONSOLE_PAGES.items():
            page.emulate_media(color_scheme=scheme)
            page.goto(f"{url}{path}")
            _take(watched, f"console-{name}")
        page.goto(f"{url}/channels")
        page.fill("#percent-stable", "25")
        watched.follow("text=Roll out: show what would change")
        _take(watched, "console-plan")
        watched.context.close()
    trainer.close()


def _worked_in(home: Path) -> Shell:
    shell = Shell(home)
    until_ms = SystemClock().wall_ms() - 3_600_000
    asyncio.run(Weeks(shell.profile, home / "project", until_ms, DAYS).happen())
    _do(shell, "distill", "--now")
    _do(shell, "outbox", "send", "--now")
    _do(shell, "stop")
    _pretend_a_model(shell)
    return shell


def _pretend_a_model(shell: Shell) -> None:
    entry = load_catalogue().find(MODEL)
    if entry is None:
        sys.exit(f"{MODEL} is not in the catalogue any more: name another one here.")
    with (shell.profile.models_dir / entry.file).open("wb") as file:
        file.truncate(entry.bytes)  # sparse: it takes no room
    write_choice(shell.profile.choice_path, MODEL)
    command = [sys.executable, fake_engine.__file__, "--says", "pass"]
    listed = ", ".join(f'"{word}"' for word in command)
    with shell.profile.config_file.open("a", encoding="utf-8") as file:
        file.write(f"[engine]\ncommand = [{listed}]\n")


def _do(shell: Shell, *arguments: str) -> None:
    done = shell.run(*arguments)
    if done.returncode:
        sys.exit(f"echoctl {' '.join(arguments)}: {done.stderr}")


def _enter(shell: Shell, browser: object, scheme: str, width: int) -> tuple[Watched, str]:
    watched = Watched(
        browser,  # type: ignore[arg-type]
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )
    watched.page.goto(shell.run("dashboard").stdout.strip())
    return watched, watched.page.url.rstrip("/")


def _all_pages(shell: Shell, browser: object, scheme: str) -> None:
    watched, url = _enter(shell, browser, scheme, WIDTH)
    watched.page.goto(f"{url}/samples?state=kept")
    number = _telling(watched)
    for name, path in {**PAGES, "sample": f"/samples/{number}"}.items():
        watched.page.goto(f"{url}{path}")
        _take(watched, f"inspector-{name}-{scheme}")
    watched.context.close()


def _telling(watched: Watched) -> str:
    """A sample whose proposal was not quite what was kept."""
    rows = [row.inner_text().split("\t") for row in watched.page.locator("tbody tr").all()]
    differing = (
        row[0] for row in rows if row[5].isdecimal() and row[5] != row[4] and row[6] != "–"
    )
    return next(differing, rows[0][0])


def _narrow(shell: Shell, browser: object) -> None:
    watched, url = _enter(shell, browser, "light", NARROW)
    watched.page.goto(f"{url}/outbox")
    _take(watched, "inspector-outbox-narrow")
    watched.context.close()


def _take(watched: Watched, name: str) -> None:
    path = IMAGES / f"{name}.png"
    page = watched.page
    height = min(page.evaluate("document.documentElement.scrollHeight"), HEIGHT_MAX)
    width = page.evaluate("document.documentElement.clientWidth")
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    page.screenshot(path=path, full_page=True, clip=clip)  # type: ignore[arg-type]
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(colors=128, dither=Image.Dither.NONE).save(
            path, optimize=True
        )
    if path.stat().st_size > BYTES_MAX:
        sys.exit(f"{path} has {path.stat().st_size} bytes: show less of the page.")
    sys.stdout.write(f"{path.relative_to(ROOT)} {path.stat().st_size}\n")


if __name__ == "__main__":
    main()
