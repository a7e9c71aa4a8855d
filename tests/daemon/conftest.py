"""What the daemon's tests share: where weights are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def weights() -> Callable[[str], Path]:
    """Where a model's file lies: in the folder that ECHO_MODELS names, else the test is skipped."""

    def find(name: str) -> Path:
        folder = os.environ.get("ECHO_MODELS", "")
        path = Path(folder) / name
        if not folder or not path.is_file():
            reason = f"the weights {name} are not in the folder that ECHO_MODELS names"
            print(reason)
            pytest.skip(reason)
        return path

    return find
