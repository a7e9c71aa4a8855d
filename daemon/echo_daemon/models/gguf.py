"""The head of a GGUF file: is it one, and for which architecture.

Enough to refuse a wrong file with a sentence before llama.cpp is asked. Layout (GGUF
specification, versions 2 and 3, little-endian): magic, u32 version, u64 tensors, u64 pairs, then
the pairs, each a key, a u32 type and a value.

Left out: tensors, and everything else that llama.cpp reads better.

Rules
 - Any bytes give a `GgufHead` or a ModelError, nothing else.
 - Every length is checked against a bound before it is read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from echo_core.errors import ModelError

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALAR_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_KEY = b"general.architecture"
_KEY_BYTES_MAX = 65_535  # the specification's own bound
_NAME_BYTES_MAX = 256  # an architecture is one word
_PAIRS_LOOKED_AT_MAX = 64  # writers put the architecture first


@dataclass(frozen=True, slots=True)
class GgufHead:
    """`architecture` is empty where the file does not say it near its beginning."""

    version: int
    architecture: str


def read_head(path: Path) -> GgufHead:
    """Read the head of a file.

    Raises:
        ModelError: it cannot be read, is not GGUF, or is cut off within its head.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != MAGIC:
                raise ModelError(
                    f"{path.name} is not a GGUF file; llama.cpp's converters make one."
                )
            return _head(file)
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror}.") from error
    except (struct.error, _BadHeadError) as error:
        raise ModelError(f"{path.name} begins like GGUF but is damaged or cut off.") from error


class _BadHeadError(Exception):
    """A length or a type that no GGUF file has."""


def _head(file: BinaryIO) -> GgufHead:
    (version,) = struct.unpack("<I", file.read(4))
    if version not in _VERSIONS:
        raise ModelError(f"This is GGUF of version {version}; llama.cpp reads versions 2 and 3.")
    _, pairs = struct.unpack("<QQ", file.read(16))
    for _ in range(min(pairs, _PAIRS_LOOKED_AT_MAX)):
        key = _text(file, _KEY_BYTES_MAX)
        (kind,) = struct.unpack("<I", file.read(4))
        if key == _KEY and kind == _STRING:
            return GgufHead(version, _text(file, _NAME_BYTES_MAX).decode("utf-8", "replace"))
        if not _skip(file, kind):
            break
    return GgufHead(version, "")


def _text(file: BinaryIO, most: int) -> bytes:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > most:
        raise _BadHeadError
    data = file.read(length)
    if len(data) != length:
        raise _BadHeadError
    return data


def _skip(file: BinaryIO, kind: int) -> bool:
    """Step over a value; False where that would mean reading through a whole vocabulary."""
    if kind in _SCALAR_BYTES:
        file.seek(_SCALAR_BYTES[kind], 1)
        return True
    if kind == _STRING:
        (length,) = struct.unpack("<Q", file.read(8))
        if length >= 1 << 31:  # no string of a model is longer, and seek takes no more than 2^63
            raise _BadHeadError
        file.seek(length, 1)
        return True
    if kind == _ARRAY:
        return False
    raise _BadHeadError
