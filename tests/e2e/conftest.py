"""Whole Echoes for tests, with the fake worker or with real weights (marker `model`)."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from echo_daemon.models.choice import write_choice
from echo_engine.catalogue import load_catalogue
from echo_runtime.clock import SystemClock
from echo_runtime.profile import Profile
from echo_testing import fake_engine
from echo_testing.editor import Editor
from echo_testing.house import House, stop

FAKE_MODEL = "smollm2-135m"  # a file of the right size and no content stands for it
REAL_MODEL = "qwen2.5-coder-0.5b"
# How soon an answer comes, and whether thirty seconds pass, is a matter of the machine.
PATIENT = "[completion]\ndeadline_ms = 60000\n[distill]\nidle_seconds = 86400\n"


@pytest.fixture(name="fake_house")
async def make_fake_house(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Callable[..., House]]:
    """`fake_house(book, *engine options)`: an Echo whose engine completes from `book`."""
    made: list[House] = []

    def build(book: str, *options: str) -> House:
        home = tmp_path_factory.mktemp("h")
        profile = Profile.locate({"ECHO_HOME": str(home)})
        profile.prepare()
        profile.mark_throw_away()
        (home / "book").write_text(book, encoding="utf-8")
        entry = load_catalogue().find(FAKE_MODEL)
        assert entry is not None
        with (profile.models_dir / entry.file).open("wb") as file:
            file.truncate(entry.bytes)  # sparse: it takes no room
        write_choice(profile.choice_path, FAKE_MODEL)
        command = [
            sys.executable, fake_engine.__file__, "--text", str(home / "book"), *options
        ]  # fmt: skip
        listed = ", ".join(f'"{word}"' for word in command)
        profile.config_file.write_text(
            f'[store]\nkey = "file"\n[engine]\ncommand = [{listed}]\n{PATIENT}', encoding="utf-8"
        )
        made.append(House(profile, Editor(), SystemClock()))
        return made[-1]

    yield build
    for house in made:
        await stop(house)


@pytest.fixture(name="real_house")
async def make_real_house(
    tmp_path_factory: pytest.TempPathFactory, weights: Callable[[str], Path]
) -> AsyncIterator[House]:
    """An Echo on the real 0.5B."""
    entry = load_catalogue().find(REAL_MODEL)
    assert entry is not None
    shelf = str(weights(entry.file).parent)
    home = tmp_path_factory.mktemp("h")
    profile = Profile.locate({"ECHO_HOME": str(home), "ECHO_MODELS": shelf})
    profile.prepare()
    profile.mark_throw_away()
    profile.config_file.write_text(f'[store]\nkey = "file"\n{PATIENT}', encoding="utf-8")
    write_choice(profile.choice_path, REAL_MODEL)
    house = House(profile, Editor(), SystemClock())
    yield house
    await stop(house)
