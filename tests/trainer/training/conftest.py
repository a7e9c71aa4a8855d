"""What the tests of training share: a filled home. Without the extra `training` they skip."""

from __future__ import annotations

import importlib.util

import pytest

from echo_testing import training_desk
from echo_testing.lake_room import Room

MISSING = [
    name for name in ("torch", "trl", "peft", "mlflow") if importlib.util.find_spec(name) is None
]


@pytest.fixture(scope="session")
def _extra() -> None:
    if MISSING:
        pytest.skip(f"the extra training is not installed: there is no {MISSING[0]}")


@pytest.fixture(scope="session")
def filled(_extra: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Room, str]:
    """A home with a dataset version, and the version's name."""
    return training_desk.fill(tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="session")
def done(filled: tuple[Room, str]) -> training_desk.Done:
    """A run of it by one process."""
    return training_desk.whole(*filled)
