"""A sample's texts as one cell: compressed, and closed with its pseudonym's key.

    12 bytes: nonce   the texts as JSON, compressed by zstandard, then ChaCha20-Poly1305

Left out: keys (`shredding`).

Rules
 - A cell opens under its own row's key and name only: it is bound to the row.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Final

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from echo_core.errors import TrainerError

_NONCE_BYTES: Final = 12
_LEVEL: Final = 3  # 30 µs for 6 KB; 10 saves 5% more and takes ten times as long
_CELL_BYTES_MAX: Final = 1 << 20  # a sample's 64 KiB many times over


@dataclass(frozen=True, slots=True)
class Texts:
    """What a model is shown and learns."""

    prefix: str
    target: str
    suffix: str
    rejected: str = ""  # proposed there, shown and not kept; most samples have none


class Cells:
    """Closes and opens; one for each process, as compressors are not shared."""

    def __init__(self) -> None:
        self._compress = zstandard.ZstdCompressor(level=_LEVEL)
        self._expand = zstandard.ZstdDecompressor()

    def close(self, texts: Texts, row: str, key: bytes) -> bytes:
        """The cell of a row."""
        parts = [texts.prefix, texts.target, texts.suffix]
        parts += [texts.rejected] if texts.rejected else []
        said = json.dumps(parts, ensure_ascii=False)
        content = self._compress.compress(said.encode("utf-8", "surrogatepass"))
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + ChaCha20Poly1305(key).encrypt(nonce, content, row.encode())

    def open(self, cell: bytes, row: str, key: bytes) -> Texts:
        """The texts of a row.

        Raises:
            TrainerError: the key is not its own, or it was damaged.
        """
        try:
            nonce, content = cell[:_NONCE_BYTES], cell[_NONCE_BYTES:]
            opened = ChaCha20Poly1305(key).decrypt(nonce, content, row.encode())
        except InvalidTag as error:
            raise TrainerError(
                "A row of the lake does not open: its keys are those of another lake."
            ) from error
        said = self._expand.decompress(opened, max_output_size=_CELL_BYTES_MAX)
        return Texts(*json.loads(said.decode("utf-8", "surrogatepass")))
