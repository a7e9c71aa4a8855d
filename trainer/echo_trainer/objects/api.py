"""What a store of objects is.

Left out: who stores (`folder`, `remote`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final, Protocol

from echo_core.errors import InputError, TrainerError

_NAME: Final = re.compile("[0-9a-f]{64}")


class ObjectStore(Protocol):
    """Objects by digest. Every method raises `TrainerError` where the store fails."""

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Keep objects; each is durable when this returns."""
        ...

    def get(self, name: str) -> bytes | None:
        """An object; None where there is none."""
        ...

    def delete(self, names: list[str]) -> None:
        """Let objects go; those that are not there are no error."""
        ...

    def names(self) -> Iterator[str]:
        """Every object's name, in any order."""
        ...


def place_of(name: str) -> str:
    """Where an object lies in its store: 65,536 folders, so that none grows too long to list.

    Raises:
        InputError: it is no object's name.
    """
    if not _NAME.fullmatch(name):
        raise InputError("An object is named by the SHA-256 of its content.")
    return f"{name[:2]}/{name[2:4]}/{name}"


def name_at(place: str) -> str | None:
    """The object that lies there; None where it is another thing."""
    name = place.rpartition("/")[2]
    return name if _NAME.fullmatch(name) and place.endswith(place_of(name)) else None


def unharmed(name: str, content: bytes) -> bytes:
    """`content`, if it is what `name` says.

    Raises:
        TrainerError: it was changed.
    """
    if sha256(content).hexdigest() != name:
        raise TrainerError("An object is not what was stored: restore it from your backup.")
    return content
