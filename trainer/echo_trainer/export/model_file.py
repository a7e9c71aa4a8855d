"""A model's GGUF file: its tensors, and what it says of itself.

Left out: where a base lies (`echo_trainer.runs.bases`), what is added to it (`lora`).

Rules
 - It is mapped, not read: a tensor is in memory while it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.quants import dequantize
from numpy.typing import NDArray

from echo_core.errors import InputError
from echo_trainer.export.architectures import Matrix, check_architecture
from echo_trainer.runs.bases import BaseFile, check_base
from echo_trainer.runs.records import Base


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as it lies in the file."""

    name: str
    shape: tuple[int, ...]  # rows first, as NumPy has them
    type: int  # ggml's number
    data: NDArray[Any]

    def numbers(self) -> Matrix:
        """The numbers that its bytes stand for."""
        kind = gguf.GGMLQuantizationType(self.type)
        return np.asarray(dequantize(self.data, kind), np.float32).reshape(self.shape)


class ModelTensors:
    """A GGUF file of a model."""

    def __init__(self, path: Path) -> None:
        """Map a file.

        Raises:
            InputError: it is no such file, or of an architecture that was not tested.
        """
        self.path = path
        try:
            self._reader: Any = gguf.GGUFReader(str(path))
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise InputError(f"{path} is no GGUF file that can be read: fetch it again.") from error
        self.architecture = str(self.value("general.architecture", ""))
        check_architecture(self.architecture)
        self._tensors = {each.name: _tensor(each) for each in self._reader.tensors}

    @classmethod
    def checked(cls, found: BaseFile, base: Base) -> ModelTensors:
        """The file of the base that a run was made from.

        Raises:
            ModelError: it is another file.
            InputError: it is of another architecture, or of one that was not tested.
        """
        check_base(found, base)
        opened = cls(found.path)
        if opened.architecture != base.architecture:
            raise InputError(
                f"{found.path} is a {opened.architecture}, the run was trained on a "
                f"{base.architecture}: train again."
            )
        return opened

    def value(self, key: str, otherwise: object) -> object:
        """What the file says under `key`."""
        field = self._reader.fields.get(key)
        return otherwise if field is None else field.contents()

    def count(self, key: str) -> int:
        """A number that the architecture has to say: `block_count` and others.

        Raises:
            InputError: the file does not say it.
        """
        found = self.value(f"{self.architecture}.{key}", None)
        if not isinstance(found, int) or found < 1:
            raise InputError(f"{self.path} does not say its {key}: fetch it again.")
        return found

    @property
    def heads(self) -> tuple[int, int]:
        """Of queries, and of keys."""
        heads = self.count("attention.head_count")
        key = f"{self.architecture}.attention.head_count_kv"
        return heads, self.count("attention.head_count_kv") if self.value(key, None) else heads

    @property
    def file_type(self) -> int:
        """How most of its tensors are quantised, as llama.cpp counts such mixtures."""
        found = self.value("general.file_type", 1)  # 1: mostly F16
        return found if isinstance(found, int) else 1

    def tensor(self, name: str) -> Tensor | None:
        """The tensor called `name`."""
        return self._tensors.get(name)

    def tensors(self) -> Iterator[Tensor]:
        """All of them, in the file's order."""
        return iter(self._tensors.values())

    def describe(self, writer: Any) -> None:
        """Give `writer` all that the file says of itself: name, vocabulary, template, marks."""
        for field in self._reader.fields.values():
            if field.name.startswith("GGUF.") or field.name == "general.architecture":
                continue  # the writer's own
            if field.name == "general.alignment":
                writer.add_custom_alignment(field.contents())
                continue
            inner = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(field.name, field.contents(), field.types[0], inner)


def _tensor(found: Any) -> Tensor:
    shape = tuple(int(each) for each in reversed(found.shape))
    return Tensor(str(found.name), shape, int(found.tensor_type), found.data)
