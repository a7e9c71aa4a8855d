"""Records that may leave: fields that say what they are for; one way to write and to read them.

A record is a frozen dataclass whose every field is made by `text`, `number`, `words` or `many`.
Its written form is JSON with sorted names and no spaces, in UTF-8; a value has one form only.

Left out: which records there are (`contents`, `envelope`).

Rules
 - Reading takes exactly what writing gives: unknown, missing or doubled names, other types, values
   out of bounds and any other spelling of the same value are refused.
 - A message names the record and the field, never what stood there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar, cast

from echo_core.errors import InputError

T = TypeVar("T")
ABOUT: Final = "about"


class Category(StrEnum):
    """What kind of thing a field holds, for whoever judges what is at stake."""

    SOURCE = "source text"
    COUNT = "count or measure"
    KIND = "one of a few words"
    TIME = "time"
    NAME = "name of software"
    IDENTITY = "pseudonymous identity"
    CRYPTOGRAPHY = "cryptography"
    PLACE = "place in files"


@dataclass(frozen=True, slots=True)
class About:
    """What one field of a record is for, and what fits into it."""

    purpose: str  # one sentence
    category: Category
    chars_max: int = 0  # of a text
    pattern: str = ""  # that the whole of a text fits
    low: int = 0  # of a number, both ends included
    high: int = 0
    choices: tuple[str, ...] = ()
    inner: type | None = None  # of what a list consists; int for numbers
    most: int = 0  # entries of a list


def text(purpose: str, category: Category, *, chars_max: int, pattern: str = "") -> Any:
    """A field that holds text."""
    about = About(purpose, category, chars_max=chars_max, pattern=pattern)
    return field(metadata={ABOUT: about})


def number(purpose: str, category: Category, *, low: int = 0, high: int) -> Any:
    """A field that holds a whole number."""
    return field(metadata={ABOUT: About(purpose, category, low=low, high=high)})


def word(purpose: str, choices: tuple[str, ...]) -> Any:
    """A field that holds one of a few words."""
    return field(metadata={ABOUT: About(purpose, Category.KIND, choices=choices)})


def many(purpose: str, category: Category, inner: type, *, most: int, high: int = 0) -> Any:
    """A field that holds a list, of records or (`int`) of numbers up to `high`."""
    about = About(purpose, category, inner=inner, most=most, high=high)
    return field(metadata={ABOUT: about})


def about_fields(record: type) -> Mapping[str, About]:
    """What is said of every field of a record.

    Raises:
        TypeError: of one of them nothing is said.
    """
    found: dict[str, About] = {}
    for each in fields(cast(Any, record)):
        about = each.metadata.get(ABOUT)
        if not isinstance(about, About):
            raise TypeError(f"{record.__name__}.{each.name} says nothing of itself")
        found[each.name] = about
    return found


def canonical(record: object) -> bytes:
    """The one form in bytes of a record.

    Raises:
        InputError: a value does not fit its field.
    """
    if not is_dataclass(record) or isinstance(record, type):
        raise TypeError("only a record has a written form")
    return _bytes(_plain(record))


def _bytes(value: object) -> bytes:
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return written.encode()


def _plain(record: object) -> dict[str, object]:
    kind = type(record)
    found: dict[str, object] = {}
    for name, about in about_fields(kind).items():
        value = getattr(record, name)
        if about.inner is not None:
            value = list(value) if isinstance(value, tuple) else None
            _check(kind, name, about, value)
            if about.inner is not int:
                value = [_plain(each) for each in value or ()]
        else:
            _check(kind, name, about, value)
        found[name] = value
    return found


def read(kind: type[T], content: bytes) -> T:
    """The record that `content` is the written form of.

    Raises:
        InputError: it is not the written form of such a record.
    """
    try:
        value = json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
        record = _record(kind, value)
        same = canonical(record) == content
    except (ValueError, RecursionError) as error:
        raise InputError(f"This is no {kind.__name__}: it is not JSON in UTF-8.") from error
    if not same:
        raise InputError(f"This {kind.__name__} is not written in the one form it has.")
    return record


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(_name: str) -> object:
    raise ValueError("not a number")


def _record(kind: type[T], value: object) -> T:
    abouts = about_fields(kind)
    if not isinstance(value, dict) or set(value) != set(abouts):
        raise InputError(f"A {kind.__name__} has other fields.")
    given: dict[str, object] = {}
    for name, about in abouts.items():
        each = value[name]
        if about.inner is not None:
            if not isinstance(each, list) or len(each) > about.most:
                raise InputError(f"{kind.__name__}.{name} is not a list that fits.")
            inner = about.inner
            if inner is not int:
                each = [_record(inner, part) for part in each]
            _check(kind, name, about, each)
            each = tuple(each)
        else:
            _check(kind, name, about, each)
        given[name] = each
    return kind(**given)


def _check(kind: type, name: str, about: About, value: object) -> None:
    if not _fits(about, value):
        raise InputError(f"{kind.__name__}.{name} does not fit its field.")


def _fits(about: About, value: object) -> bool:
    if about.inner is int:
        return (
            isinstance(value, list)
            and len(value) <= about.most
            and all(type(each) is int and 0 <= each <= about.high for each in value)
        )
    if about.inner is not None:
        inner = about.inner
        return (
            isinstance(value, list)
            and len(value) <= about.most
            and all(type(each) is inner for each in value)
        )
    if about.choices:
        return isinstance(value, str) and value in about.choices
    if about.chars_max:
        return (
            type(value) is str
            and len(value) <= about.chars_max
            and not _LONE.search(value)
            and (not about.pattern or re.fullmatch(about.pattern, value) is not None)
        )
    return type(value) is int and about.low <= value <= about.high


_LONE: Final = re.compile("[\ud800-\udfff]")  # half of a pair, which UTF-8 cannot write
