"""What was exported, in the engine as the daemon swaps it in: tried, and between two jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from echo_core.release.metadata import Kind
from echo_daemon.updates.trial import JOBS
from echo_engine.api import EngineOptions, ModelFile
from echo_engine.client import EngineClient
from echo_runtime.clock import SystemClock
from echo_testing.engine_jobs import job, written
from echo_testing.export_house import House, house_of
from echo_trainer.runs.records import Shipped

ASKED = job("def add(a, b):\n    return", suffix="\n", tokens_max=8)


async def test_a_daemons_engine_takes_both_files_and_goes_back(
    exported: tuple[House, dict[Kind, Shipped]],
) -> None:
    house, _ = exported
    path = house.base.path
    base = ModelFile("tiny", path)
    client = EngineClient(SystemClock(), EngineOptions(context_tokens=512), base)
    try:
        plain, _ = await written(client, ASKED)
        pid, family = client.pid, (await client.describe()).family
        assert family == house.base.base.family
        adapter = ModelFile("tiny+first", path, house.folder.shipped(Kind.ADAPTER))
        await client.swap(adapter, JOBS)
        with_adapter, _ = await written(client, ASKED)
        assert client.pid == pid
        merged = ModelFile("tiny+merged", house.folder.shipped(Kind.MERGED))
        await client.swap(merged, JOBS)
        whole, _ = await written(client, ASKED)
        assert client.pid != pid
        assert (await client.describe()).family == family
        assert plain not in (with_adapter, whole)
        await client.swap(base, ())
        assert (await written(client, ASKED))[0] == plain
    finally:
        await client.close()


@pytest.mark.model
def test_real_weights_of_which_two_layers_were_trained(
    weights: Callable[[str], Path], tmp_path: Path
) -> None:
    """SmolLM2 is a llama with tied embeddings; the other layers stay as they are to save time."""
    model = weights("SmolLM2-135M-Instruct.Q4_1.gguf")
    house = house_of(tmp_path, model, "llama", "smollm2", layers_to_transform=[3, 17], scale=0.05)
    shipped = house.export().run([Kind.ADAPTER])[Kind.ADAPTER]
    print(shipped.figures)
    assert shipped.figures["effect_kept"] == pytest.approx(1.0, abs=0.2)
    assert shipped.figures["tokens_per_s"] > 0
