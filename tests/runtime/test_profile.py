"""Where things lie, and that nobody else can get at them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from echo_core.errors import InputError
from echo_runtime.profile import SOCKET_PATH_BYTES_MAX, Profile


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_home_holds_everything(tmp_path: Path) -> None:
    profile = Profile.locate({"ECHO_HOME": str(tmp_path / "h")})
    places = (
        profile.config_file,
        profile.data_dir,
        profile.models_dir,
        profile.state_dir,
    )
    assert all(tmp_path / "h" in place.parents for place in places)
    assert not (tmp_path / "h").exists()


def test_models_move_alone(tmp_path: Path) -> None:
    profile = Profile.locate({"ECHO_HOME": str(tmp_path), "ECHO_MODELS": str(tmp_path / "shelf")})
    assert profile.models_dir == tmp_path / "shelf"
    assert profile.data_dir.parent == tmp_path


def test_platform_folders_without_home() -> None:
    profile = Profile.locate({})
    assert "echo-completion" in str(profile.data_dir)
    assert profile.environ() == {"ECHO_HOME": "", "ECHO_MODELS": ""}


@pytest.mark.parametrize("given", [{}, {"ECHO_MODELS": "/m"}, {"ECHO_HOME": "/a/b"}])
def test_a_child_finds_the_same_profile(given: dict[str, str]) -> None:
    profile = Profile.locate(given)
    assert Profile.locate({"ECHO_HOME": "/other", **profile.environ()}) == profile


def test_folders_are_private(tmp_path: Path) -> None:
    profile = Profile.locate({"ECHO_HOME": str(tmp_path / "h")})
    profile.prepare()
    profile.prepare()  # again, over what is there
    for folder in (
        tmp_path / "h",
        profile.data_dir,
        profile.state_dir,
        profile.runtime_dir,
        profile.models_dir,
    ):
        assert mode(folder) == 0o700


def test_own_folders_are_tightened(tmp_path: Path) -> None:
    profile = Profile.locate({"ECHO_HOME": str(tmp_path)})
    profile.data_dir.mkdir(mode=0o755)
    profile.prepare()
    assert mode(profile.data_dir) == 0o700


def test_an_open_runtime_folder_is_refused(tmp_path: Path) -> None:
    profile = Profile.locate({"ECHO_HOME": str(tmp_path)})
    profile.runtime_dir.mkdir(parents=True)
    profile.runtime_dir.chmod(0o777)
    with pytest.raises(InputError, match="open to other users"):
        profile.prepare()


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    profile = Profile.locate({"ECHO_HOME": str(tmp_path)})
    profile.runtime_dir.write_text("")
    with pytest.raises(InputError):
        profile.prepare()


def test_a_long_home_gets_a_short_runtime_folder(tmp_path: Path) -> None:
    home = tmp_path / ("d" * 90)
    profile = Profile.locate({"ECHO_HOME": str(home)})
    other = Profile.locate({"ECHO_HOME": str(home) + "e"})
    assert len(os.fsencode(profile.socket_path)) <= SOCKET_PATH_BYTES_MAX
    assert str(os.getuid()) in profile.runtime_dir.name
    assert profile.runtime_dir != other.runtime_dir
    profile.prepare()
    try:
        assert mode(profile.runtime_dir) == 0o700
    finally:
        profile.runtime_dir.rmdir()
