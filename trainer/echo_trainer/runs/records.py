"""What a step of a run leaves for the next, as documents.

Left out: where they lie (`folders`).

Rules
 - JSON with sorted keys; the digest of a document is that of its bytes, so that a release can name
   it. A document of another form, or that lacks a field, is refused with a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from typing import Any, Final, TypeVar

from echo_core.errors import InputError
from echo_core.release.metadata import Kind

FORM: Final = 1


@dataclass(frozen=True, slots=True)
class Base:
    """The model that clients hold and that a run starts from."""

    name: str  # in the catalogue of models
    sha256: str  # of its GGUF file
    bytes: int
    architecture: str  # `general.architecture` of GGUF
    family: str  # how it is prompted: `echo_core.completion.fim`


@dataclass(frozen=True, slots=True)
class Run:
    """What was trained on what, and how it went."""

    name: str
    base: Base
    dataset: str  # the version's name
    dataset_sha256: str  # of its manifest
    code: str  # Echo's version, and a digest of the code that makes examples
    parameters: Mapping[str, object]
    examples: Mapping[str, int]  # how many were learned from, and how many left out, by reason
    tokens: int  # read, prompts included, over all epochs
    steps: int
    seconds: float
    figures: Mapping[str, float]  # losses on training and held-out samples, before and after
    made: str = ""  # the day

    @property
    def learned(self) -> str:
        """From how much it learned, in words."""
        said = f"{self.examples.get('train', 0):,} samples"
        preferences = self.examples.get("preferences_train", 0)
        return f"{said} and {preferences:,} preferences" if preferences else said


@dataclass(frozen=True, slots=True)
class Shipped:
    """A file that clients would get."""

    run: str
    kind: Kind
    base: Base
    bytes: int
    sha256: str
    figures: Mapping[str, float]  # tokens_per_s, and how far its logits are from the merged model's
    adapter_sha256: str = ""  # of the LoRA that it was made from, as PEFT saves it


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a file may be released, and why."""

    run: str
    kind: Kind
    sha256: str  # of the file that was judged
    base_sha256: str
    dataset_sha256: str
    passed: bool
    reasons: tuple[str, ...]  # sentences: why it was refused; empty where it passed
    figures: Mapping[str, float]
    notes: tuple[str, ...] = ()  # sentences: what was not measured, or what nobody can tell
    limits: Mapping[str, object] = field(default_factory=dict)  # the settings that decided


Document = TypeVar("Document", Run, Shipped, Verdict)


def encode(document: Run | Shipped | Verdict) -> bytes:
    """The document's bytes."""
    said = {"form": FORM, **asdict(document)}
    return json.dumps(said, sort_keys=True, indent=2, ensure_ascii=False).encode() + b"\n"


def decode(kind: type[Document], content: bytes) -> Document:
    """The reverse of `encode`.

    Raises:
        InputError: it is no such document.
    """
    try:
        said: dict[str, Any] = json.loads(content)
        form = said.pop("form")
        if form != FORM:
            raise InputError("This document of a run was written by another version of Echo.")
        if set(said) != {each.name for each in fields(kind)}:
            raise InputError(f"This is no {kind.__name__.lower()} document of a run.")
        if "base" in said:
            said["base"] = Base(**said["base"])
        if "kind" in said:
            said["kind"] = Kind(said["kind"])
        for name in {"reasons", "notes"} & said.keys():
            said[name] = tuple(said[name])
        return kind(**said)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"This is no {kind.__name__.lower()} document of a run.") from error


def digest(content: bytes) -> str:
    """What a release names a document by."""
    return sha256(content).hexdigest()
