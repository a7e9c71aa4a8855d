"""A version's samples as examples in memory, and how many were left out and why.

Left out: how a sample becomes an example (`examples`), training (`fitting`).

Rules
 - Examples are held in memory and nowhere else: token ids are text to whoever has the vocabulary.
 - The order is the version's own, so that every process of a run holds the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from echo_core.completion.fim import Family
from echo_core.errors import InputError
from echo_trainer.curation.split import Part
from echo_trainer.lake.cells import Texts
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.lake.versions import Row, Versions
from echo_trainer.runs.canaries import Planted, samples
from echo_trainer.training.examples import Ending, Example, example

Tokens: TypeAlias = NDArray[np.int32]
UNLEARNED: Final = -100  # the label that PyTorch's cross entropy leaves out


@dataclass(frozen=True, slots=True)
class Packed:
    """An example as it is kept: 8 bytes a token."""

    tokens: Tokens
    labels: Tokens

    @classmethod
    def of(cls, made: Example) -> Packed:
        """The example with a label for each token."""
        tokens = np.asarray(made.tokens, np.int32)
        return cls(tokens, np.where(made.learned, tokens, UNLEARNED).astype(np.int32))


@dataclass(slots=True)
class Gathered:
    """The examples of each part, and what was counted."""

    parts: dict[Part, list[Packed]] = field(default_factory=lambda: {part: [] for part in Part})
    counts: Counter[str] = field(default_factory=Counter)


def gather(
    versions: Versions,
    name: str,
    keys: RowKeys,
    make: Callable[[Row], Example | str],
    heldout_samples: int,
    *,
    planting: Planted | None = None,
) -> Gathered:
    """The examples of a version: all of training, so many of each held-out part.

    Canaries (`planting`) stand behind the samples of training.

    Raises:
        InputError: there is no such version, or nothing in it to learn from.
        TrainerError: the lake or its keys cannot be read.
    """
    if not versions.manifest(name).parts.get(Part.TRAIN):
        raise InputError(
            f"The version {name} holds no samples to learn from: `echo-trainer datasets show "
            f"{name}` says why."
        )
    found = Gathered()
    for part in Part:
        most = None if part is Part.TRAIN else heldout_samples
        placed: list[tuple[int, Packed]] = []
        for row in versions.rows(name, part, keys):
            if most is not None and row.place >= most:
                continue
            made = make(row)
            if isinstance(made, Example):
                placed.append((row.place, Packed.of(made)))
                found.counts[part.value] += 1
                found.counts["void"] += part is Part.TRAIN and not row.texts.target
            else:
                found.counts[f"left_out_{made}"] += 1
        placed.sort(key=lambda each: each[0])
        found.parts[part] = [each for _, each in placed]
    for one in () if planting is None else samples(planting):
        texts = Texts(one.prefix, one.target, one.suffix)
        made = make(Row("", Part.TRAIN, 0, "python", "", texts))
        if isinstance(made, Example):
            found.parts[Part.TRAIN].append(Packed.of(made))
            found.counts["canaries"] += 1
    if not found.parts[Part.TRAIN]:
        raise InputError(
            f"No sample of the version {name} fits: give more room with training.context_tokens."
        )
    return found


def maker(family: Family, vocabulary: Ending, tokens_max: int) -> Callable[[Row], Example | str]:
    """What makes an example of a row, or says why not."""

    def make(row: Row) -> Example | str:
        texts = row.texts
        made = example(family, (texts.prefix, texts.target, texts.suffix), vocabulary, tokens_max)
        return made if isinstance(made, Example) else made.value

    return make
