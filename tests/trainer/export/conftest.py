"""Workers find the project; a run of each architecture is exported once for all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from echo_core.release.metadata import Kind
from echo_testing.export_house import House, make_house
from echo_trainer.runs.records import Shipped


@pytest.fixture(autouse=True, scope="session")
def _workers_find_the_project() -> Iterator[None]:
    """A worker is another Python: it is given this one's path, installed or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        yield


@pytest.fixture
def house(tmp_path: Path) -> Callable[..., House]:
    """Makes a run for an architecture."""
    return lambda architecture="qwen2", **lora: make_house(tmp_path, architecture, **lora)


@pytest.fixture(scope="session", params=["qwen2", "llama"])
def exported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[House, dict[Kind, Shipped]]:
    """A run of each architecture with both files; tests leave it as it is."""
    made = make_house(tmp_path_factory.mktemp(request.param), request.param)
    return made, made.export().run(list(Kind))
