"""A LoRA is read, laid over its base and written as an adapter, or refused with a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest

from echo_core.errors import InputError
from echo_testing import tiny_base, tiny_lora
from echo_testing.export_house import House
from echo_trainer.export import merged_file, peft_folder
from echo_trainer.export.adapter_file import write_adapter
from echo_trainer.export.architectures import is_rotated, permuted
from echo_trainer.export.lora import Laid, lay
from echo_trainer.export.model_file import ModelTensors
from echo_trainer.runs.shippable import TARGETS

Houses = Callable[..., House]
Q = "base_model.model.model.layers.1.self_attn.q_proj"


def laid(house: House) -> Laid:
    return lay(peft_folder.read(house.folder.adapter), ModelTensors(house.base.path))


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_what_is_merged_is_what_the_adapter_would_add(house: Houses, architecture: str) -> None:
    """Two ways to the same numbers, in the order of rows that llama.cpp has."""
    found = laid(house(architecture))
    interleaves = architecture == "llama"
    names = set()
    for name, a, b in found.for_adapter():
        names.add(name)
        np.testing.assert_allclose(
            found.folder.scale * (b @ a), found.added(name, interleaves), atol=1e-6
        )
        moved = not np.array_equal(b, found.pairs[name].b)
        assert moved == (interleaves and is_rotated(name))
    assert len(names) == len(TARGETS) * tiny_base.LAYERS


def test_rows_stand_where_llama_cpp_looks_for_them() -> None:
    """Of two heads with four rows each: halves become neighbours."""
    rows = np.arange(8, dtype=np.float32)[:, None]
    assert permuted(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_an_adapter_is_read_back_as_it_was_written(house: Houses, tmp_path: Path) -> None:
    found = laid(house())
    path, again = tmp_path / "a.gguf", tmp_path / "b.gguf"
    for each in (path, again):
        write_adapter(each, "qwen2", 8.0, found.for_adapter())
    assert path.read_bytes() == again.read_bytes()
    reader = gguf.GGUFReader(str(path))
    said = {name: field.contents() for name, field in reader.fields.items()}
    assert said["general.type"] == "adapter"
    assert (said["adapter.type"], said["adapter.lora.alpha"]) == ("lora", 8.0)
    tensors = {each.name: each.data for each in reader.tensors}
    for name, a, b in found.for_adapter():
        np.testing.assert_array_equal(tensors[f"{name}.lora_a"], a)
        np.testing.assert_array_equal(tensors[f"{name}.lora_b"], b)


def test_the_unquantised_file_keeps_what_nothing_is_added_to(house: Houses, tmp_path: Path) -> None:
    made = house("llama", targets=["v_proj"])
    found = laid(made)
    path = tmp_path / "merged.gguf"
    trained = merged_file.trained(found)
    merged_file.write_unquantised(
        path, found, trained, lambda name: found.added(name, interleaves=True)
    )
    before, after = ModelTensors(made.base.path), ModelTensors(path)
    for tensor in before.tensors():
        written = after.tensor(tensor.name)
        assert written is not None
        if tensor.name in found.pairs:
            wanted = tensor.numbers() + found.added(tensor.name, interleaves=True)
            np.testing.assert_array_equal(written.numbers(), wanted)
        else:
            assert written.type == tensor.type
            np.testing.assert_array_equal(written.data, tensor.data)
    assert path.stat().st_size <= merged_file.bytes_of(found, trained, 4.0)
    old, new = gguf.GGUFReader(str(made.base.path)), gguf.GGUFReader(str(path))
    for name, field in old.fields.items():
        if not name.startswith("GGUF."):
            assert new.fields[name].contents() == field.contents()


@pytest.mark.parametrize("kind", ["<f2", "bf16"])
def test_numbers_of_sixteen_bits_are_read(house: Houses, kind: str) -> None:
    made = house(targets=["q_proj"])
    wide = peft_folder.read(made.folder.adapter).pairs
    path = made.folder.adapter / peft_folder.WEIGHTS
    size = int.from_bytes(path.read_bytes()[:8], "little")
    header = json.loads(path.read_bytes()[8 : 8 + size])
    body = path.read_bytes()[8 + size :]
    parts, at = b"", 0
    for name, table in header.items():
        start, end = table["data_offsets"]
        numbers = np.frombuffer(body[start:end], "<f4")
        half = (
            (numbers.view("<u4") >> 16).astype("<u2").tobytes()
            if kind == "bf16"
            else numbers.astype(kind).tobytes()
        )
        header[name] = {
            "dtype": "BF16" if kind == "bf16" else "F16",
            "shape": table["shape"],
            "data_offsets": [at, at + len(half)],
        }
        parts, at = parts + half, at + len(half)
    head = json.dumps(header).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + parts)
    for module, pair in peft_folder.read(made.folder.adapter).pairs.items():
        np.testing.assert_allclose(pair.a, wide[module].a, rtol=0.01, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"use_rslora": True}, "use_rslora"),
        ({"bias": "all"}, "bias"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"alpha_pattern": {"q_proj": 4}}, "alpha_pattern"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights"),
        ({"trainable_token_indices": [1]}, "trainable_token_indices"),
        ({"what_comes_next_year": 1}, "what_comes_next_year"),
        ({"peft_type": "IA3"}, "no LoRA"),
        ({"r": 0}, "no rank"),
        ({"lora_alpha": None}, "no rank or no alpha"),
        ({"r": 8}, "rank 4, and the configuration says 8"),
        ({"target_modules": "all-linear"}, "list of them"),
        ({"layers_to_transform": "1"}, "list of them"),
        ({"layers_to_transform": 1}, "which its configuration does not name"),
        ({"target_modules": ["q_proj"]}, "which its configuration does not name"),
    ],
)
def test_options_that_mean_something_else(
    house: Houses, options: dict[str, object], sentence: str
) -> None:
    made = house()
    path = made.folder.adapter / peft_folder.CONFIG
    path.write_text(json.dumps({**json.loads(path.read_text()), **options}))
    with pytest.raises(InputError, match=sentence):
        laid(made)


@pytest.mark.parametrize("target", ["embed_tokens", "lm_head", "c_attn"])
def test_modules_that_are_not_exported(house: Houses, target: str) -> None:
    """Embeddings and the output, tied here: llama.cpp would leave them out without a word."""
    made = house("llama")
    weights = dict(peft_weights(made))
    module = {"embed_tokens": "model.embed_tokens", "lm_head": "lm_head"}.get(
        target, "model.layers.0.self_attn.c_attn"
    )
    for half, shape in (("A", (4, 64)), ("B", (264, 4))):
        weights[f"base_model.model.{module}.lora_{half}.weight"] = np.ones(shape, np.float32)
    tiny_lora.save(made.folder.adapter, weights)
    path = made.folder.adapter / peft_folder.CONFIG
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "target_modules": [*TARGETS, target]}))
    with pytest.raises(InputError, match="cannot be exported: train with q_proj"):
        laid(made)


def test_weights_that_are_not_whole(house: Houses) -> None:
    made = house()
    path = made.folder.adapter / peft_folder.WEIGHTS
    whole = path.read_bytes()
    for length in (0, 7, 100, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="damaged or cut off"):
            laid(made)
    path.unlink()
    with pytest.raises(InputError, match="echo-trainer train"):
        laid(made)


def test_weights_that_are_not_right(house: Houses) -> None:
    made = house()
    weights = peft_weights(made)
    a, b = f"{Q}.lora_A.weight", f"{Q}.lora_B.weight"
    spoiled = weights[b].copy()
    spoiled[0, 0] = np.nan
    cases = [
        ({**weights, b: spoiled}, "holds what is no number"),
        ({**weights, b: np.full_like(weights[b], np.inf)}, "holds what is no number"),
        ({**weights, b: weights[b].astype(np.float64)}, "F64"),
        ({**weights, b: weights[b].ravel()}, "no matrix"),
        ({**weights, b: weights[b][:-1]}, "trained on another model"),
        ({**weights, f"{Q}.bias": weights[b]}, "no part of a LoRA"),
        ({name: each for name, each in weights.items() if name != a}, "only one half"),
        ({name: each for name, each in weights.items() if not name.startswith(Q)}, "cut off"),
    ]
    for each, sentence in cases:
        tiny_lora.save(made.folder.adapter, each)
        with pytest.raises(InputError, match=sentence):
            laid(made)


def test_bases_that_were_not_tested(house: Houses, tmp_path: Path) -> None:
    made = house()
    other = tmp_path / "gemma.gguf"
    tiny_base.write(other, arch="gemma")
    with pytest.raises(InputError, match="qwen2 and llama, which were tested, not for 'gemma'"):
        ModelTensors(other)
    other.write_bytes(b"GGUF and nothing else")
    with pytest.raises(InputError, match="no GGUF file"):
        ModelTensors(other)
    smaller = tmp_path / "smaller.gguf"
    tiny_base.write(smaller, layers=1)
    with pytest.raises(InputError, match="which its configuration does not name"):
        lay(peft_folder.read(made.folder.adapter), ModelTensors(smaller))


def peft_weights(house: House) -> dict[str, np.ndarray]:
    """What `write_lora` put into the folder."""
    return tiny_lora.write(
        house.folder.adapter, house.base.path, rank=tiny_lora.RANK, alpha=tiny_lora.ALPHA
    )
