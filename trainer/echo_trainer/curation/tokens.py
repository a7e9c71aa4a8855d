"""A text as tokens, and tokens as numbers that are the same on every machine.

A token is a run of word characters or one other visible character; blanks and line ends are none,
so that two texts that differ in layout only are the same.

Left out: what is done with them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]
Short: TypeAlias = NDArray[np.uint32]  # enough where only two texts are compared with one another
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")
_WORD: Final = re.compile(r"\w+")
_BLANKS: Final = {code: " " for code in range(128) if not _WORD.match(chr(code))}
_KNOWN_MAX: Final = 1 << 20  # tokens whose hash is remembered: 100 MB, then it starts anew
_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying loses nothing


def tokens_of(text: str) -> list[str]:
    """The tokens of a text in their order."""
    return _TOKEN.findall(text)


def words_of(text: str) -> list[str]:
    """The tokens that are no punctuation, in their order: half as many."""
    if text.isascii():  # the same words in a quarter of the time
        return text.translate(_BLANKS).split()
    return _WORD.findall(text)


def hash_of(*parts: str) -> int:
    """64 bits of a digest over parts that cannot run into one another."""
    contents = [part.encode("utf-8", "surrogatepass") for part in parts]
    whole = b"".join(len(each).to_bytes(4, "big") + each for each in contents)
    return int.from_bytes(blake2b(whole, digest_size=8).digest(), "big")


class _Known(dict[str, int]):
    """Hashes of tokens, remembered: code says the same few words again and again."""

    def __missing__(self, token: str) -> int:
        if len(self) >= _KNOWN_MAX:
            self.clear()
        content = token.encode("utf-8", "surrogatepass")
        # Two sums of 32 bits are enough here: these are compared in runs, never alone.
        made = zlib.crc32(content) << 32 | zlib.adler32(content)
        self[token] = made
        return made


_known: Final = _Known()


def numbers_of(tokens: Sequence[str]) -> Hashes:
    """The hash of each token."""
    return np.fromiter(map(_known.__getitem__, tokens), np.uint64, len(tokens))


def runs_of(numbers: Hashes, length: int) -> Hashes:
    """One hash for each run of `length` neighbours; one for the whole where there are fewer."""
    if not len(numbers):
        return numbers
    length = min(length, len(numbers))
    count = len(numbers) - length + 1
    found = np.zeros(count, np.uint64)
    for at in range(length):
        found *= _PRIME
        found += numbers[at : at + count]
        found ^= found >> np.uint64(29)
    return found


def short(numbers: Hashes) -> Short:
    """The lower halves."""
    return numbers.astype(np.uint32)


def among(numbers: Hashes, rising: Hashes) -> NDArray[np.bool_]:
    """Which of `numbers` are in `rising`; NumPy's own test would sort both again each time."""
    if not len(rising):
        return np.zeros(len(numbers), np.bool_)
    places = np.minimum(np.searchsorted(rising, numbers), len(rising) - 1)
    found: NDArray[np.bool_] = rising[places] == numbers
    return found
