"""The trainer's settings: the file, the environment, and both."""

from __future__ import annotations

from pathlib import Path

import pytest

from echo_core.errors import InputError, TrainerError
from echo_trainer.home import Home
from echo_trainer.settings.table import (
    TrainerSettings,
    load_settings,
    trainer_settings,
    variable_of,
)


def home_with(folder: Path, text: str) -> Home:
    """A home whose settings are `text`."""
    made = Home(folder)
    made.prepare()
    made.config_file.write_text(text, encoding="utf-8")
    return made


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    assert load_settings(Home(tmp_path / "none"), {"PATH": "/bin"}) == TrainerSettings()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    home = home_with(tmp_path, '[storage]\nobjects = "file:///a"\nlake = "file:///b"\n')
    found = load_settings(home, {"ECHO_TRAINER_STORAGE_OBJECTS": "s3://c/d"})
    assert (found.storage.objects, found.storage.lake) == ("s3://c/d", "file:///b")


@pytest.mark.parametrize(
    ("text", "environ", "said"),
    [
        ("[storrage]\n", {}, "trainer.toml: there is no \\[storrage\\]"),
        ("storage = 1\n", {"ECHO_TRAINER_STORAGE_LAKE": "x"}, "write \\[storage\\]"),
        ("[storage]\nobject = 1\n", {}, "\\[storage\\] has no object"),
        ("[storage]\nobjects = 1\n", {}, "trainer.toml: storage.objects is a text"),
        ("", {"ECHO_TRAINER_STORAGE_OBJECT": "x"}, "ECHO_TRAINER_STORAGE_OBJECT is no setting"),
        ("[", {}, "is not TOML"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, text: str, environ: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        load_settings(home_with(tmp_path, text), environ)


def test_every_setting_says_what_it_does_and_has_a_variable_of_its_own() -> None:
    assert all(each.about["effect"] and "unit" in each.about for each in trainer_settings())
    names = {variable_of(each) for each in trainer_settings()}
    assert len(names) == len(trainer_settings())


def test_a_home_is_its_owners_alone(tmp_path: Path) -> None:
    home = Home.locate({"ECHO_TRAINER_HOME": str(tmp_path / "a" / "b")})
    home.prepare(home.private_keys)
    for folder in (home.folder, home.data, home.private_keys):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert Home.locate({"ECHO_TRAINER_HOME": "x"}, tmp_path).folder == tmp_path
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(TrainerError, match="ECHO_TRAINER_HOME"):
        Home(tmp_path / "file" / "c").prepare()
