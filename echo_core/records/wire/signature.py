"""What a method of the wire carries; below all tables of methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Nothing:
    """No parameters, or no result."""


class Signature(NamedTuple):
    """What a method carries; `result` is None for a notification."""

    params: type
    result: type | None
