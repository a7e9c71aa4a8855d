"""Asking a model file what it says of itself, with a worker that may crash over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from echo_core.errors import ModelError
from echo_engine.inspector import inspect

Fake = Callable[..., list[str]]


async def test_inspect(fake: Fake, tmp_path: Path) -> None:
    assert (await inspect(tmp_path / "any.gguf", fake())).has_fim
    with pytest.raises(ModelError, match="cannot be started"):
        await inspect(tmp_path / "any.gguf", [str(tmp_path / "missing")])
