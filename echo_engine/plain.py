"""Dataclasses as plain JSON values, and back with every type checked.

Left out: lines and their names (`protocol`).

Rules
 - What a dataclass refuses when it is made is refused like a value of another type.
 - Texts, whole and finite numbers, yes and no, members of an enum, tuples of one kind, and
   dataclasses of these; nothing else crosses the pipe.
"""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from enum import EnumType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from echo_core.errors import WireError

T = TypeVar("T")


def plain(value: Any) -> dict[str, object]:
    """The fields of a dataclass."""
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: object) -> object:
    if is_dataclass(value):
        return plain(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value  # a StrEnum is a str to json


def built(kind: type[T], values: dict[str, object]) -> T:
    """`kind` made of `values`, each checked against its field's type."""
    hints = _HINTS.get(kind)
    if hints is None:
        hints = _HINTS[kind] = get_type_hints(kind)
    if not values.keys() <= hints.keys():
        raise WireError(f"An engine message of kind {kind.__name__} has a field too many.")
    checked = {name: _checked(hints[name], value) for name, value in values.items()}
    try:
        return kind(**checked)
    except TypeError as error:  # every value fits its field, so one without default is missing
        raise WireError(f"An engine message of kind {kind.__name__} lacks a field.") from error
    except ValueError as error:
        raise WireError(f"An engine message of kind {kind.__name__} is refused.") from error


_HINTS: Final[dict[type, dict[str, type]]] = {}


def _checked(wanted: type, value: object) -> object:
    if is_dataclass(wanted) and isinstance(value, dict):
        return built(wanted, value)
    if wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value)
    if get_origin(wanted) is tuple and isinstance(value, list):
        item_type = get_args(wanted)[0]
        return tuple(_checked(item_type, item) for item in value)
    if isinstance(wanted, EnumType) and isinstance(value, str):
        try:
            return wanted(value)
        except ValueError as error:
            raise WireError("An engine message holds an unknown word.") from error
    if type(value) is wanted:
        return value
    raise WireError("An engine message holds a value of another type.")


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError as error:
        raise WireError("An engine message holds an unusable number.") from error
    if not math.isfinite(number):
        raise WireError("An engine message holds an unusable number.")
    return number
