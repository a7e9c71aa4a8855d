"""Models of a few kilobytes that llama.cpp and transformers load, and LoRAs over them.

Their numbers are chance: what they say is nothing, but it is the same for whoever reads them right.

Left out: training.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.quants import quantize
from safetensors.numpy import save_file

from echo_trainer.export.architectures import TARGETS, TENSORS, Matrix

LAYERS, WIDTH, INNER, HEADS, KEY_HEADS = 2, 64, 96, 4, 2
CONTEXT = 2048
MARKS = (
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
)
TEMPLATE = "{% for message in messages %}<|im_start|>{{ message.content }}{% endfor %}"
RANK, ALPHA = 4, 8.0
_QUANTISED = gguf.GGMLQuantizationType.Q8_0


def bytes_as_text() -> list[str]:
    """The 256 bytes as vocabularies of GPT-2's kind spell them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    spelled = {byte: chr(byte) for byte in plain}
    spelled |= {byte: chr(256 + at) for at, byte in enumerate(others)}
    return [spelled[byte] for byte in range(256)]


def write_model(
    path: Path,
    architecture: str,
    *,
    tied: bool = False,
    seed: int = 1,
    kind: gguf.GGMLQuantizationType = _QUANTISED,
) -> None:
    """A model of `architecture`, its matrices quantised to `kind`; `tied`: without an output."""
    words = [*bytes_as_text(), "de", *MARKS]
    writer: Any = gguf.GGUFWriter(str(path), architecture)
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("Qwen2.5 Coder tiny" if architecture == "qwen2" else "tiny llama")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(words))
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(words)
    kinds = [gguf.TokenType.NORMAL] * (len(words) - len(MARKS))
    writer.add_token_types([*kinds, *[gguf.TokenType.CONTROL] * len(MARKS)])
    writer.add_token_merges(["d e"])
    writer.add_eos_token_id(words.index("<|endoftext|>"))
    writer.add_bos_token_id(words.index("<|endoftext|>"))
    writer.add_add_bos_token(False)  # noqa: FBT003 - gguf's interface
    writer.add_chat_template(TEMPLATE)
    chance = np.random.default_rng(seed)
    for name, shape in _shapes(architecture, len(words), tied=tied):
        numbers = chance.standard_normal(shape).astype(np.float32)
        if len(shape) == 2:
            held = quantize(numbers * np.float32(2 / np.sqrt(shape[1])), kind)
            writer.add_tensor(name, held, raw_dtype=kind)
        else:
            shift = 1.0 if name.endswith("norm.weight") else 0.0
            writer.add_tensor(name, numbers * np.float32(0.1) + np.float32(shift))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_lora(
    folder: Path,
    base: Path,
    *,
    targets: Sequence[str] = TARGETS,
    rank: int = RANK,
    alpha: float = ALPHA,
    seed: int = 1,
    scale: float = 0.1,
    **options: object,
) -> dict[str, Matrix]:
    """A LoRA over `base` as PEFT saves one; `options` go into its configuration.

    Gives what is in the file, so that a test can spoil it and `save_lora` again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "alpha_pattern": {},
        "auto_mapping": None,
        "base_model_name_or_path": base.name,
        "bias": "none",
        "exclude_modules": None,
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "layers_to_transform": None,
        "lora_alpha": alpha,
        "lora_dropout": 0.05,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": rank,
        "rank_pattern": {},
        "target_modules": list(targets),
        "task_type": "CAUSAL_LM",
        "use_dora": False,
        "use_rslora": False,
        **options,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    reader: Any = gguf.GGUFReader(str(base))
    modules = {tensor: module for module, tensor in TENSORS.items()}
    chance = np.random.default_rng(seed)
    weights: dict[str, Matrix] = {}
    for tensor in reader.tensors:
        block, _, part = tensor.name.removesuffix(".weight").rpartition(".")
        module = modules.get(part, "")
        if not tensor.name.endswith(".weight") or module.rpartition(".")[2] not in targets:
            continue
        columns, rows = (int(each) for each in tensor.shape)
        where = f"base_model.model.model.layers.{block.partition('.')[2]}.{module}"
        a = chance.standard_normal((rank, columns)) / np.sqrt(columns)
        b = chance.standard_normal((rows, rank)) * scale
        weights[f"{where}.lora_A.weight"] = a.astype(np.float32)
        weights[f"{where}.lora_B.weight"] = b.astype(np.float32)
    save_lora(folder, weights)
    return weights


def save_lora(folder: Path, weights: dict[str, Matrix]) -> None:
    """The numbers of a LoRA, where PEFT puts them."""
    save_file(weights, folder / "adapter_model.safetensors")


def _shapes(architecture: str, words: int, *, tied: bool) -> list[tuple[str, tuple[int, ...]]]:
    keys = WIDTH * KEY_HEADS // HEADS
    found: list[tuple[str, tuple[int, ...]]] = [("token_embd.weight", (words, WIDTH))]
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        found += [
            (f"{block}.attn_norm.weight", (WIDTH,)),
            (f"{block}.attn_q.weight", (WIDTH, WIDTH)),
            (f"{block}.attn_k.weight", (keys, WIDTH)),
            (f"{block}.attn_v.weight", (keys, WIDTH)),
            (f"{block}.attn_output.weight", (WIDTH, WIDTH)),
            (f"{block}.ffn_norm.weight", (WIDTH,)),
            (f"{block}.ffn_gate.weight", (INNER, WIDTH)),
            (f"{block}.ffn_up.weight", (INNER, WIDTH)),
            (f"{block}.ffn_down.weight", (WIDTH, INNER)),
        ]
        if architecture == "qwen2":
            sizes = (("q", WIDTH), ("k", keys), ("v", keys))
            found += [(f"{block}.attn_{part}.bias", (size,)) for part, size in sizes]
    found.append(("output_norm.weight", (WIDTH,)))
    return found if tied else [*found, ("output.weight", (words, WIDTH))]
