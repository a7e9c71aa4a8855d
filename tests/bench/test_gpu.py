"""`bench.gpu`: what is not on the shelf is said before anything is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import gpu
from echo_core.errors import EchoError


@pytest.mark.parametrize("models", [[], ["qwen2.5-coder-0.5b"], ["no-such-model"]])
async def test_a_model_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: list[str]
) -> None:
    monkeypatch.setenv("ECHO_HOME", str(tmp_path))
    monkeypatch.delenv("ECHO_MODELS", raising=False)
    with pytest.raises(EchoError, match="model"):
        await gpu.measure(models, keys=1, seed=1, threads=1)
