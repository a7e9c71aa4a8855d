"""What is signed with a model file: what it was made from and what it asks of a client.

Written as the `custom` part of its target in The Update Framework, whose own part already holds
length and SHA-256. They stand here too, so that a manifest that was written for another file
is found out.

Left out: who signs (`echo_trainer.release`), who reads (`echo_daemon.releases`).

Rules
 - A manifest whose `format` is newer than ours is read no further: TOO_NEW.
 - In a format that we know, fields that we do not know are left alone; every field that we know
   has its form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from echo_core.errors import InputError

FORMAT: Final = 1
# Larger files are no models that are loaded beside an editor; a bound for what is downloaded.
BYTES_MAX: Final = 64 << 30
MODELS: Final = "models"  # the role, and the first part of its targets' paths

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_VERSION: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}")


class Kind(StrEnum):
    """What the file is."""

    ADAPTER = "adapter"  # a LoRA over the base's file, which stays as it is
    MERGED = "merged"  # a whole model


@dataclass(frozen=True, slots=True)
class Manifest:
    """One release, as its target's `custom` part says it."""

    release: str
    kind: Kind
    base: str  # the name of the model that it was trained from
    base_sha256: str  # of the very file that clients hold
    architecture: str
    bytes: int
    sha256: str
    dataset_sha256: str  # of the manifest of the dataset that it was trained on
    gate_sha256: str  # of the report that let it pass
    engine_min: str  # the oldest llama-cpp-python that can load it

    @property
    def target(self) -> str:
        """Where its file lies in the repository."""
        return target_of(self.release)


def target_of(release: str) -> str:
    """Where a release's file lies in the repository."""
    return f"{MODELS}/{release}.gguf"


def is_name(name: str) -> bool:
    """Whether `name` can be a release's, a channel's, an experiment's or an arm's."""
    return _NAME.fullmatch(name) is not None


class TooNewError(InputError):
    """It was written for a later version of Echo."""


def written(manifest: Manifest) -> dict[str, object]:
    """As it is signed."""
    return {"format": FORMAT, **asdict(manifest), "kind": manifest.kind.value}


def read(table: object) -> Manifest:
    """The manifest in a target's `custom` part.

    Raises:
        TooNewError: its format is later than ours.
        InputError: it is no manifest.
    """
    if not isinstance(table, Mapping):
        raise InputError("A release has no manifest: publish it with `echo-trainer release`.")
    check_format(table, "release")
    size = table.get("bytes")
    if type(size) is not int or not 0 < size <= BYTES_MAX:
        raise _wrong("bytes")
    kind = table.get("kind")
    if kind not in tuple(Kind):
        raise _wrong("kind")
    return Manifest(
        release=_text(table, "release", _NAME),
        kind=Kind(str(kind)),
        base=_text(table, "base", _NAME),
        base_sha256=_text(table, "base_sha256", _DIGEST),
        architecture=_text(table, "architecture", _NAME),
        bytes=size,
        sha256=_text(table, "sha256", _DIGEST),
        dataset_sha256=_text(table, "dataset_sha256", _DIGEST),
        gate_sha256=_text(table, "gate_sha256", _DIGEST),
        engine_min=_text(table, "engine_min", _VERSION),
    )


def check_format(table: Mapping[object, object], what: str) -> None:
    """That we can read what is in `table`.

    Raises:
        TooNewError, InputError: we cannot.
    """
    number = table.get("format")
    if type(number) is not int or number < 1:
        raise InputError(f"A {what} does not say in which format it is written.")
    if number > FORMAT:
        raise TooNewError(f"A {what} was written for a later version of Echo: update Echo.")


def version(text: str) -> tuple[int, ...]:
    """A version's numbers, to be compared; what comes behind them (`rc1`, `+cu12`) is left away."""
    numbers = re.match(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}", text)
    found = [int(part) for part in numbers[0].split(".")] if numbers else []
    while found and not found[-1]:
        found.pop()  # 1.0 is 1
    return tuple(found)


def _text(table: Mapping[object, object], field: str, form: re.Pattern[str]) -> str:
    value = table.get(field)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _wrong(field)
    return value


def _wrong(field: str) -> InputError:
    return InputError(f"A release's manifest has no right {field}.")
