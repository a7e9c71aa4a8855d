"""Preferences as tokens: what was kept and what was proposed in its place, behind one prompt.

    the prompt as it is served │ what both begin with │ what was kept, and the end
                               │                      │ what was rejected

What both begin with is no part of a preference: it would be learned and unlearned at once. The
rejected text has no end behind it: the engine's rules cut it, so the model never said that it ends.

Left out: the loss (`preferring`), which samples have one (`echo_core.judging.checks.rejected`).

Rules
 - Prompt and cut are those of any example (`examples`), and the same for both texts.
 - Pairs are held in memory and nowhere else, like all examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from echo_core.completion.fim import Family
from echo_core.errors import InputError
from echo_trainer.curation.split import Part
from echo_trainer.lake.cells import Texts
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.lake.versions import Versions
from echo_trainer.training.examples import Ending, Example, Unfit, end_token, labelled, spelled
from echo_trainer.training.gathering import Packed


@dataclass(frozen=True, slots=True)
class Pair:
    """One preference."""

    kept: Packed
    rejected: Packed


@dataclass(slots=True)
class Preferences:
    """The preferences of each part, and what was counted."""

    parts: dict[Part, list[Pair]] = field(default_factory=lambda: {part: [] for part in Part})
    counts: Counter[str] = field(default_factory=Counter)


def preference(
    family: Family, texts: Texts, vocabulary: Ending, tokens_max: int
) -> tuple[Example, Example] | Unfit:
    """What was kept and what was rejected, as `family` reads and writes them.

    Raises:
        ModelError: the vocabulary lacks a mark of the family.
    """
    around, both = (texts.prefix, texts.suffix), (texts.target, texts.rejected)
    found = spelled(family, around, both, vocabulary, tokens_max)
    if isinstance(found, Unfit):
        return found
    kept = labelled(found, 0, vocabulary, end_token(family, vocabulary))
    rejected = labelled(found, 1, vocabulary, None)
    same = 0
    for one, other in zip(kept.tokens, rejected.tokens, strict=False):
        if one != other:
            break
        same += 1
    return _from(kept, same), _from(rejected, same)


def _from(made: Example, at: int) -> Example:
    """The example, learned from there on."""
    return replace(made, learned=(*(False for _ in range(at)), *made.learned[at:]))


def gather_preferences(
    versions: Versions,
    name: str,
    keys: RowKeys,
    make: Callable[[Texts], tuple[Example, Example] | Unfit],
    heldout_samples: int,
) -> Preferences:
    """The preferences of a version: all of training, so many of each held-out part.

    Raises:
        InputError: there are none to learn from.
        TrainerError: the lake or its keys cannot be read.
    """
    found = Preferences()
    for part in Part:
        placed: list[tuple[int, Pair]] = []
        for row in versions.rows(name, part, keys):
            if not row.texts.rejected:
                continue
            made = make(row.texts)
            if isinstance(made, Unfit):
                found.counts[f"preferences_left_out_{made.value}"] += 1
            else:
                placed.append((row.place, Pair(*map(Packed.of, made))))
        placed.sort(key=lambda each: each[0])
        most = None if part is Part.TRAIN else heldout_samples
        found.parts[part] = [each for _, each in placed[:most]]
        found.counts[f"preferences_{part.value}"] = len(found.parts[part])
    if not found.parts[Part.TRAIN]:
        raise InputError(
            f"No sample of the version {name} says what was not kept: train without --preferences, "
            "or have people set `sharing.rejected`."
        )
    return found


def pair_maker(
    family: Family, vocabulary: Ending, tokens_max: int
) -> Callable[[Texts], tuple[Example, Example] | Unfit]:
    """What makes a preference of a sample's texts, or says why not."""
    return lambda texts: preference(family, texts, vocabulary, tokens_max)
