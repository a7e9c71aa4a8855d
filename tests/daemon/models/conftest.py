"""A small model, a loopback server that carries it, and an empty shelf."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from echo_testing.model_server import ModelServer, serving
from echo_testing.model_shelves import House, SmallModel, Watcher, gguf, make_house


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, mirror or index of this machine reaches a test."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("HF_", "PIP_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the discard port: refused


@pytest.fixture
def model() -> SmallModel:
    return SmallModel(gguf("qwen2", 400_000))


@pytest.fixture
def house(tmp_path: Path, model: SmallModel) -> House:
    return make_house(tmp_path / "house", model)


@pytest.fixture
def server(model: SmallModel) -> Iterator[ModelServer]:
    files = {model.hub_path: model.content}
    files |= {f"/wheels/{name}": data for name, data in model.wheels().items()}
    with serving(ModelServer(files)) as running:
        yield running


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()
