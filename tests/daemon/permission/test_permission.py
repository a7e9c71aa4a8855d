"""Policy files and licences: what is there and cannot be read forbids."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from echo_core.sharing.bundle.sending import Metered
from echo_core.sharing.consent import Policy, Switch
from echo_core.sharing.licences import UNKNOWN
from echo_daemon.permission.licence import FILES_MAX, licences_of
from echo_daemon.permission.metered import SystemLink
from echo_daemon.permission.policy import read_policy
from echo_runtime.profile import Profile
from echo_testing.licence_texts import ISC, MIT


def test_no_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert read_policy([tmp_path / "none", tmp_path / "file" / "below"]) == Policy()


def test_what_one_file_forbids_is_forbidden(tmp_path: Path) -> None:
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text('[consent]\nrecord = "allowed"\nmetrics = "forbidden"\n')
    other.write_text('[consent]\ncontribute = "forbidden"\nmetrics = "allowed"\n')
    assert read_policy([one, other]).forbids == {Switch.METRICS, Switch.CONTRIBUTE}


def test_what_cannot_be_read_forbids_all(tmp_path: Path) -> None:
    good, folder = tmp_path / "good.toml", tmp_path / "folder"
    good.write_text("[consent]\n")
    folder.mkdir()
    assert read_policy([good, folder]).damaged
    good.write_text("nonsense")
    assert read_policy([good]).damaged


def test_the_platforms_folders_and_one_that_the_environment_cannot_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_DIRS", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    files = Profile.locate({"ECHO_HOME": str(tmp_path)}).policy_files
    assert files[-1] == Path("/etc/echo-completion/policy.toml")
    assert {file.name for file in files} == {"policy.toml"}
    assert len(files) >= 2


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "p" / ".git").mkdir(parents=True)
    (tmp_path / "p" / "src").mkdir()
    return tmp_path / "p"


def of(project: Path, name: str = "src/a.py") -> frozenset[str]:
    return licences_of(str(project / name))


def test_the_licence_stands_beside_the_repository(project: Path) -> None:
    assert of(project) == frozenset()
    (project / "LICENSE.md").write_text(MIT)
    assert of(project) == {"MIT"}
    assert of(project, "not/yet/there.py") == {"MIT"}
    (project / "COPYING").write_text("Everybody may read this.")
    assert of(project) == {"MIT", UNKNOWN}


def test_a_folder_of_somebody_elses_code_has_its_own(project: Path) -> None:
    (project / "LICENSE").write_text(MIT)
    (project / "src" / "licence-isc").write_text(ISC)
    (project / "src" / "licensing.py").write_text("")
    assert of(project) == {"MIT", "ISC"}
    assert of(project, "b.py") == {"MIT"}


def test_outside_of_a_repository_there_is_no_licence(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text(MIT)
    assert licences_of(str(tmp_path / "a.py")) == frozenset()
    assert licences_of("") == frozenset()


def test_too_many_licences_are_unknown(project: Path) -> None:
    for number in range(FILES_MAX + 1):
        (project / f"LICENSE.{number}").write_text(MIT)
    assert of(project) == {"MIT", UNKNOWN}


def test_what_cannot_be_read_is_unknown(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "LICENSE").write_text(MIT)
    real = Path.open

    def refuse(path: Path, *arguments: object) -> object:
        if path.name == "LICENSE":
            raise PermissionError
        return real(path, *arguments)  # type: ignore[arg-type, call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert UNKNOWN in of(project) or of(project) == frozenset()


# --- the network ----------------------------------------------------------------------------------


def saying(word: str, *, then: str = "") -> tuple[str, ...]:
    return (sys.executable, "-c", f"print({word!r}); {then}")


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("u 1", Metered.YES),
        ("u 3", Metered.YES),
        ("u 2", Metered.NO),
        ("u 4", Metered.NO),
        ("u 0", Metered.UNKNOWN),
        ("u 11", Metered.UNKNOWN),
        ("", Metered.UNKNOWN),
        ("nonsense", Metered.UNKNOWN),
    ],
)
async def test_what_networkmanager_says(word: str, found: Metered) -> None:
    assert await SystemLink(saying(word), wait_s=30).metered() is found


async def test_where_nobody_can_be_asked_nobody_knows() -> None:
    assert await SystemLink(("no-such-program-anywhere",)).metered() is Metered.UNKNOWN


async def test_a_bus_that_hangs_is_not_waited_for() -> None:
    hanging = saying("u 1", then="import threading; threading.Event().wait()")
    assert await SystemLink(hanging, wait_s=0.2).metered() is Metered.UNKNOWN
