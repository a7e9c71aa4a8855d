"""A base of some hundred thousand random numbers in a real GGUF file: it knows nothing, and learns.

Its vocabulary is the bytes, a few words and the marks of Qwen2.5-Coder.

Left out: anything that it says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from echo_core.completion.fim import family_named

NAME: Final = "tiny"  # no name of the catalogue
HIDDEN: Final = 64
LAYERS: Final = 2
HEADS: Final = 4
KEYS: Final = 2  # heads of keys and values
INNER: Final = 128
CONTEXT: Final = 2048
_MERGES: Final = ("Ġ Ġ", "ĠĠ ĠĠ", "e r", "Ġ =", "a l", "o u")
_NORMAL, _CONTROL = 1, 3  # kinds of tokens in GGUF
_END: Final = "<|endoftext|>"
_TEMPLATE: Final = "{% for message in messages %}<|im_start|>{{ message.content }}{% endfor %}"
_FILE_TYPES: Final = {"F32": "ALL_F32", "Q8_0": "MOSTLY_Q8_0", "Q4_0": "MOSTLY_Q4_0"}


def write(
    path: Path,
    *,
    arch: str = "qwen2",
    seed: int = 1,
    kind: str = "F32",
    layers: int = LAYERS,
    tied: bool = True,
) -> Path:
    """Write a base of architecture `arch`, qwen2 or llama, to `path`.

    `kind`: of its matrices, as ggml calls it; `tied`: its output is its embeddings.
    """
    import gguf  # noqa: PLC0415 - a second to load, and few need it
    from gguf.quants import quantize  # noqa: PLC0415

    writer: Any = gguf.GGUFWriter(str(path), arch)
    writer.add_name("Qwen tiny" if arch == "qwen2" else "tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEYS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1_000_000.0 if arch == "qwen2" else 10_000.0)
    if arch == "llama":
        writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_file_type(int(gguf.LlamaFileType[_FILE_TYPES[kind]]))
    tokens = _tokens()
    _add_vocabulary(writer, tokens)
    held = gguf.GGMLQuantizationType[kind]
    for name, numbers in _tensors(len(tokens), arch, seed, layers, tied=tied).items():
        if numbers.ndim == 2 and kind != "F32":
            writer.add_tensor(name, quantize(numbers, held), raw_dtype=held)
        else:
            writer.add_tensor(name, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _tokens() -> list[str]:
    merged = [one.replace(" ", "") for one in _MERGES]
    family = family_named("qwen2.5-coder")
    marks = {mark.spelling for mark in family.stop_marks} | {_END}
    if family.repository is not None:
        marks |= {family.repository.name.spelling, family.repository.file.spelling}
    return [*_byte_letters(), *merged, *sorted(marks)]


def _byte_letters() -> list[str]:
    """The letter that stands for each byte in vocabularies of GPT-2's kind."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in shown]
    letters = {byte: chr(byte) for byte in shown}
    letters |= {byte: chr(256 + at) for at, byte in enumerate(others)}
    return [letters[byte] for byte in range(256)]


def _add_vocabulary(writer: Any, tokens: list[str]) -> None:
    plain = 256 + len(_MERGES)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([_NORMAL] * plain + [_CONTROL] * (len(tokens) - plain))
    writer.add_token_merges(list(_MERGES))
    writer.add_eos_token_id(tokens.index(_END))
    writer.add_bos_token_id(tokens.index(_END))
    writer.add_add_bos_token(False)  # noqa: FBT003 - the library's
    writer.add_chat_template(_TEMPLATE)


def _tensors(tokens: int, arch: str, seed: int, layers: int, *, tied: bool) -> dict[str, Any]:
    chance = np.random.default_rng(seed)

    def drawn(*shape: int) -> Any:
        return (chance.standard_normal(shape) * shape[-1] ** -0.5).astype(np.float32)

    ones = np.ones(HIDDEN, np.float32)
    found = {"token_embd.weight": drawn(tokens, HIDDEN), "output_norm.weight": ones}
    width = HIDDEN // HEADS * KEYS
    for layer in range(layers):
        shapes = {
            "attn_q": (HIDDEN, HIDDEN),
            "attn_k": (width, HIDDEN),
            "attn_v": (width, HIDDEN),
            "attn_output": (HIDDEN, HIDDEN),
            "ffn_gate": (INNER, HIDDEN),
            "ffn_up": (INNER, HIDDEN),
            "ffn_down": (HIDDEN, INNER),
        }
        for name, shape in shapes.items():
            found[f"blk.{layer}.{name}.weight"] = drawn(*shape)
            if arch == "qwen2" and name in {"attn_q", "attn_k", "attn_v"}:
                found[f"blk.{layer}.{name}.bias"] = drawn(shape[0])
        found[f"blk.{layer}.attn_norm.weight"] = ones
        found[f"blk.{layer}.ffn_norm.weight"] = ones
    if not tied:
        found["output.weight"] = drawn(tokens, HIDDEN)
    return found
