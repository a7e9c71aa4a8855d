"""A run is exported for real: llama.cpp's logits, its quantisation, the serving engine's worker."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from echo_core.errors import InputError, ModelError, TrainerError
from echo_core.release.metadata import Kind
from echo_engine.api import ModelFile
from echo_runtime import files
from echo_runtime.lock import ProfileLock
from echo_testing import tiny_base
from echo_testing.export_house import House
from echo_trainer.export import apart, architectures, checking, exporting, lora, serving
from echo_trainer.export.adapter_file import write_adapter
from echo_trainer.runs.bases import BaseFile
from echo_trainer.runs.records import Shipped

Houses = Callable[..., House]
Exported = tuple[House, dict[Kind, Shipped]]


def test_both_files_are_there_and_say_what_was_trained(exported: Exported) -> None:
    house, made = exported
    for kind, shipped in made.items():
        assert house.folder.read_shipped(kind) == shipped
        path = house.folder.shipped(kind)
        assert shipped.bytes == path.stat().st_size
        assert shipped.sha256 == files.sha256_of(path, lambda _done: None)
        assert path.stat().st_mode & 0o077 == 0
        figures = shipped.figures
        assert figures["logits_error"] < checking.ERROR_MAX
        assert figures["effect_kept"] == pytest.approx(1.0, abs=0.05)
        assert figures["divergence"] < 0.05 * figures["base_divergence"]
        assert figures.get("finer", 0.0) == 0.0
        assert figures["tokens_per_s"] > 0
    assert made[Kind.ADAPTER].bytes < made[Kind.MERGED].bytes
    left = {each.name for each in house.folder.path.iterdir()}
    assert left == {"adapter", "run.json", "shipped", "export.lock"}


def test_the_merged_file_is_the_base_but_for_what_was_trained(exported: Exported) -> None:
    house, _ = exported
    before = gguf.GGUFReader(str(house.base.path))
    after = gguf.GGUFReader(str(house.folder.shipped(Kind.MERGED)))
    for name, field in before.fields.items():
        if not name.startswith("GGUF."):
            assert after.fields[name].contents() == field.contents()
    old = {each.name: each for each in before.tensors}
    assert {each.name for each in after.tensors} == set(old)
    for tensor in after.tensors:
        same = np.array_equal(tensor.data, old[tensor.name].data)
        is_trained = tensor.name.split(".")[-2] in architectures.TENSORS.values()
        assert same != (is_trained and tensor.name.endswith(".weight"))
        assert tensor.tensor_type == old[tensor.name].tensor_type


def test_what_is_there_is_left_and_what_is_missing_is_made(
    exported: Exported, tmp_path: Path
) -> None:
    house, made = exported
    documents = [house.folder.shipped_document(kind) for kind in Kind]
    before = [each.read_bytes() for each in documents]
    assert house.export().run(list(Kind)) == made
    assert [each.read_bytes() for each in documents] == before
    adapter = house.folder.shipped(Kind.ADAPTER)
    whole = adapter.read_bytes()
    adapter.write_bytes(whole[:-1])  # a file that is not what its document says is made again
    left = house.folder.path / ".export-left"
    left.mkdir()
    (left / "unquantised.gguf").write_bytes(b"of an export that was killed")
    again = house.export().run(list(Kind))
    assert again[Kind.MERGED] == made[Kind.MERGED]
    assert adapter.read_bytes() == whole
    assert not left.exists()


def test_what_the_bases_own_types_would_lose_is_quantised_finer(house: Houses) -> None:
    """Four bits of a base that is on their grid already: what was learned is below half a step."""
    made = house("llama", kind="Q4_0", scale=0.01)
    shipped = made.export().run([Kind.MERGED])[Kind.MERGED]
    assert shipped.figures["finer"] == 1.0
    assert checking.is_left(shipped.figures)
    types = {
        each.name: each.tensor_type
        for each in gguf.GGUFReader(str(made.folder.shipped(Kind.MERGED))).tensors
    }
    assert types["blk.0.attn_q.weight"] == gguf.GGMLQuantizationType.Q8_0
    assert types["token_embd.weight"] == gguf.GGMLQuantizationType.Q4_0


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has the export write adapters in another way."""

    def spoil(**other: Any) -> None:
        def write(path: Path, architecture: str, alpha: float, pairs: Any, *, half: bool) -> None:
            given = {"architecture": architecture, "alpha": alpha, "pairs": pairs} | {
                name: change(pairs if name == "pairs" else alpha) for name, change in other.items()
            }
            write_adapter(path, **given, half=half)

        monkeypatch.setattr(exporting, "write_adapter", write)

    return spoil


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"alpha": lambda alpha: alpha * 1.05}, "off by"),
        ({"pairs": lambda pairs: list(pairs)[:-1]}, "off by"),
        ({"architecture": lambda _alpha: "llama"}, "does not belong to this model"),
    ],
    ids=["scale", "one_module_less", "architecture"],
)
def test_what_is_written_wrong_is_caught(
    house: Houses, spoil: Callable[..., None], other: dict[str, Any], sentence: str
) -> None:
    made = house()
    spoil(**other)
    with pytest.raises(ModelError, match=sentence):
        made.export().run([Kind.ADAPTER])
    assert not made.folder.shipped(Kind.ADAPTER).exists()
    assert not list(made.folder.path.glob(".export-*"))


def test_rows_that_were_not_put_in_order_are_caught(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if somebody had taken `llama` for one more `qwen2`, and the reverse."""
    for name, permuted in (("llama", set()), ("qwen2", {"qwen2"})):
        monkeypatch.setattr(lora, "PERMUTED", permuted)
        made = house(name, targets=["q_proj", "k_proj"])
        with pytest.raises(ModelError, match="says something else than the merged model"):
            made.export().run([Kind.MERGED])
        assert not made.folder.shipped(Kind.MERGED).exists()


def test_a_lora_that_changes_nothing(house: Houses) -> None:
    made = house(scale=0.0)
    with pytest.raises(ModelError, match="which is nothing"):
        made.export().run([Kind.ADAPTER])


def test_what_another_run_was_trained_with(house: Houses) -> None:
    for other in ({"rank": 8}, {"alpha": 16.0}):
        with pytest.raises(InputError, match="another run's adapter"):
            house(**other).export().run([Kind.ADAPTER])


def test_a_base_that_is_not_the_runs(house: Houses, tmp_path: Path) -> None:
    made = house()
    other = tmp_path / "other.gguf"
    tiny_base.write(other, seed=2)
    content = other.read_bytes()
    digest = files.sha256_of(other, lambda _done: None)
    found = BaseFile(replace(made.base.base, sha256=digest, bytes=len(content)), other)
    with pytest.raises(ModelError, match="not the tiny that the run was made from"):
        House(made.folder, found).export().run([Kind.ADAPTER])


def test_no_room_and_no_second_export(house: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    made = house()
    monkeypatch.setattr(files, "free_bytes", lambda _folder: 1 << 20)
    with pytest.raises(TrainerError, match="make room"):
        made.export().run([Kind.ADAPTER])
    lock = ProfileLock.acquire(made.folder.path / "export.lock")
    assert lock is not None
    with lock, pytest.raises(TrainerError, match="at work"):
        made.export().run([Kind.ADAPTER])


def test_a_crash_is_a_sentence() -> None:
    with pytest.raises(ModelError, match="crashed"):
        apart.apart(os._exit, 9)


def test_a_file_that_cannot_be_served_is_not_shipped(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is asked for another file than the one that was made: one that is cut off."""
    made = house()
    serve = serving.serve

    def damaged(model: ModelFile, clock: Any) -> Any:
        if model.adapter is not None:
            model.adapter.write_bytes(model.adapter.read_bytes()[:-100])
        return serve(model, clock)

    monkeypatch.setattr(serving, "serve", damaged)
    with pytest.raises(ModelError, match=r"tiny\+first: The adapter does not belong"):
        made.export().run([Kind.ADAPTER])
    assert not made.folder.shipped_document(Kind.ADAPTER).exists()
