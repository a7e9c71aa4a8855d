"""A dataset version as a document: what went in, what decided, what came out, and digests of both.

Left out: where it is kept (`echo_trainer.lake`).

Rules
 - The digest of a version is over everything but the day and what was deleted later: made again
   from the same samples with the same parameters by the same code, it is the same.
 - It holds no source text and no pseudonym.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Final

from echo_core.errors import InputError
from echo_trainer.curation.mixture import Mixture
from echo_trainer.curation.parameters import Parameters

FORM: Final = 2
_NAME_CHARS: Final = 16


@dataclass(frozen=True, slots=True)
class Shortening:
    """A deletion that took rows out of a version."""

    day: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a version."""

    parameters: Mapping[str, object]
    code: str  # Echo's version, and a digest of the code that decides
    problems: str  # digest of the problems that were kept out
    inputs: str  # digest of the samples there were
    rows: str  # digest of the rows that were written
    arrived: int
    parts: Mapping[str, int]  # samples of each
    dropped: Mapping[str, int]  # samples by reason
    hidden: int  # units of contexts that were replaced
    preferences: Mapping[str, int]  # of each part, samples with a proposal that was not kept
    before: Mixture
    after: Mixture
    made: str = ""  # the day
    shortened: tuple[Shortening, ...] = ()

    @property
    def digest(self) -> str:
        """What makes it this version."""
        said = asdict(replace(self, made="", shortened=()))
        return sha256(_written(said)).hexdigest()

    @property
    def name(self) -> str:
        """What people call it."""
        return self.digest[:_NAME_CHARS]


def _written(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def encode(manifest: Manifest) -> bytes:
    """The document."""
    said = {"form": FORM, "digest": manifest.digest, **asdict(manifest)}
    return json.dumps(said, sort_keys=True, indent=2, ensure_ascii=False).encode() + b"\n"


def decode(content: bytes) -> Manifest:
    """The reverse of `encode`.

    Raises:
        InputError: it is no manifest, of another form, or was changed.
    """
    try:
        said = json.loads(content)
        form, digest = said.pop("form"), said.pop("digest")
        if form != FORM:
            raise InputError("This manifest was written by another version of Echo.")
        found = Manifest(
            **{
                **said,
                "before": Mixture(**said["before"]),
                "after": Mixture(**said["after"]),
                "shortened": tuple(Shortening(**one) for one in said["shortened"]),
            }
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError("This is no manifest of a dataset version.") from error
    if found.digest != digest:
        raise InputError("This manifest was changed after it was written: make the version again.")
    return found


def digest_of(pairs: Iterable[tuple[str, str]]) -> str:
    """One digest of keys with the digests of what belongs to them, in whatever order they come."""
    whole = sha256()
    for key, digest in sorted(pairs):
        whole.update(f"{key} {digest}\n".encode())
    return whole.hexdigest()


def as_said(parameters: Parameters) -> dict[str, object]:
    """Parameters as a manifest holds them."""
    return dict(json.loads(parameters.as_json()))
