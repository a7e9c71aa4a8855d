"""GPUs as the installed llama.cpp sees them, and real models placed on what there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from llama_cpp import llama_cpp as ll

from echo_core.completion.offload import NO_BACKEND
from echo_engine.api import EngineOptions, ModelFile
from echo_engine.client import EngineClient
from echo_engine.devices import devices, gpus
from echo_engine.failures import LoadError
from echo_engine.llama import ASIDE_TOKENS
from echo_engine.placing import needs_of, place
from echo_runtime.clock import SystemClock

SMOLLM = "SmolLM2-135M-Instruct.Q4_1.gguf"
QWEN = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
Weights = Callable[[str], Path]
no_gpu = pytest.mark.skipif(ll.llama_supports_gpu_offload(), reason="llama.cpp has a GPU backend")


def test_the_processor_is_listed() -> None:
    (cpu,) = [device for device in devices() if device.backend == "cpu"]
    assert not cpu.is_gpu
    assert cpu.name
    assert cpu.free_bytes
    assert cpu.name in str(cpu)
    assert "GB free" in str(cpu)
    assert bool(gpus()) <= ll.llama_supports_gpu_offload()


@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "layers", "cache_of_layer_bytes"),
    [
        # blocks and output; heads of the cache * (key + value) * 2 bytes, by the models' cards
        (QWEN, 24 + 1, 2 * (64 + 64) * 2),
        (SMOLLM, 30 + 1, 3 * (64 + 64) * 2),
    ],
)
def test_what_a_model_needs(
    weights: Weights, name: str, layers: int, cache_of_layer_bytes: int
) -> None:
    path = weights(name)
    needs = needs_of(path, 4096)
    assert needs.layers == layers
    whole = path.stat().st_size + (layers - 1) * (4096 + ASIDE_TOKENS) * cache_of_layer_bytes
    assert 0 <= needs.layers * needs.layer_bytes - whole < layers
    # a row of logits for each token of a batch is a good part of it (vocabulary of 49,152 or more)
    assert needs.once_bytes > 49_152 * 512 * 4


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(LoadError):
        needs_of(tmp_path / "missing.gguf", 512)


@no_gpu
@pytest.mark.parametrize(("wanted", "note"), [(-1, ""), (0, ""), (5, NO_BACKEND)])
def test_a_build_without_a_gpu_says_so_only_to_who_asks(
    tmp_path: Path, wanted: int, note: str
) -> None:
    found = place(tmp_path / "not read.gguf", wanted, 512, 0)
    assert (found.placement.layers, found.placement.note, found.backend) == (0, note, "cpu")


@no_gpu
@pytest.mark.model
async def test_layers_for_a_gpu_that_is_not_there(weights: Weights) -> None:
    model = ModelFile("smollm2", weights(SMOLLM))
    options = EngineOptions(gpu_layers=5, context_tokens=512)
    client = EngineClient(SystemClock(), options, model)
    try:
        found = await client.describe()
        assert (found.gpu_layers, found.layers, found.backend) == (0, 31, "cpu")
        assert found.note == client.note == NO_BACKEND
        assert found.devices == ""
    finally:
        await client.close()
