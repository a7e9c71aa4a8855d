"""Whether a string is made of words, as names and keys of tables are, or of random characters.

Left out: stand-ins (`placeholders`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import regex

_WORD: Final = regex.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_UUID: Final = regex.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", regex.IGNORECASE)
_MEAN_CHARS_MIN: Final = 3.2  # of a word: random base62 falls into pieces of 1.6 characters
_SHORT_CHARS_MAX: Final = 12  # `token-v1`
_NUMBERS_MAX: Final = 2
_NUMBER_DIGITS_MAX: Final = 4  # a year
_ORDERED_RUN: Final = 5


def is_uuid(value: str) -> bool:
    """Whether it has the form of a UUID."""
    return _UUID.fullmatch(value) is not None


def is_mixed(value: str) -> bool:
    """Letters and digits, as random characters nearly always have."""
    return any(char.isdigit() for char in value) and any(char.isalpha() for char in value)


def is_slug(value: str) -> bool:
    """Words of a language, set together: `access-token-v2`, `AuthKeyManager`, `oauth2_login`."""
    if is_uuid(value) or not all(char.isalnum() or char in "-_./: \\+,!?'…" for char in value):
        return False
    pieces = _WORD.findall(value)
    numbers = [piece for piece in pieces if piece.isdigit()]
    words = [piece.lower() for piece in pieces if not piece.isdigit()]
    if len(numbers) > _NUMBERS_MAX or any(len(piece) > _NUMBER_DIGITS_MAX for piece in numbers):
        return False
    mean = _MEAN_CHARS_MIN if len(value) > _SHORT_CHARS_MAX else _MEAN_CHARS_MIN - 1
    if not words or sum(map(len, words)) < mean * len(words):
        return False
    return all(_is_word(word) for word in words)


def _is_word(word: str) -> bool:
    """Whether letters could be a word: short, or with vowels as often as languages have them."""
    if len(word) <= 3:
        return True
    vowels = sum(char in "aeiouy" for char in word)
    return 0.15 <= vowels / len(word) <= 0.75 and len(word) <= 18


def is_alphabet(value: str) -> bool:
    """Whether characters stand in the order of their code, as in the table of an encoding."""
    run = 0
    for before, after in pairwise(value):
        run = run + 1 if ord(after) - ord(before) == 1 else 0
        if run >= _ORDERED_RUN:
            return True
    return False
