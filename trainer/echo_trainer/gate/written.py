"""One answer of a model beside what was kept there, as figures.

Left out: asking (`asking`), adding up (`deciding`).

Rules
 - A text is judged on as many lines as the wanted one has, without white space at its end: what a
   model writes beyond is cut by whoever takes it.
 - A proposal is kept where, so cut, it is a beginning of what stands there in the end.
 - What is compared comes from a proposal that somebody asked for by hand; what is silent or kept
   from one that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from rapidfuzz.distance import Levenshtein

from echo_core.errors import TrainerError
from echo_core.text.document import split_lines
from echo_trainer.curation.split import Part
from echo_trainer.gate.codebleu import NOTHING, Counts, counted

# What a proposal is worth: taken and kept, refused, and silence nothing. A person who takes a
# quarter of what is shown is at the break-even point (Cursor's published reward).
KEPT_WORTH: Final = 0.75
REFUSED_WORTH: Final = -0.25


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of a held-out sample besides its texts."""

    key: str
    part: Part
    language: str
    void: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model made of a sample."""

    failed: bool = False  # it ended with an error
    exact: bool = False
    similarity: float = 0.0
    proposed: bool = False  # to somebody who did not ask
    kept: bool = False
    counts: Counts = NOTHING
    tokens: int = 0  # of the target
    logprob: float = 0.0  # nats, of all of them
    end_logprob: float = 0.0  # nats, that nothing is written

    @property
    def worth(self) -> float:
        """What the proposal, or the silence, would have been worth."""
        if not self.proposed:
            return 0.0
        return KEPT_WORTH if self.kept else REFUSED_WORTH

    def as_figures(self) -> dict[str, Any]:
        """What is written down."""
        return asdict(self)

    @classmethod
    def read(cls, figures: Mapping[str, Any]) -> Answer:
        """The reverse of `as_figures`.

        Raises:
            TrainerError: they are figures of another form.
        """
        try:
            return cls(**{**figures, "counts": tuple(figures["counts"])})
        except (TypeError, KeyError) as error:
            raise TrainerError(
                "The answers that were kept are of another form: remove answers.jsonl."
            ) from error


def compared(by_hand: str, unasked: str, target: str, language: str) -> Answer:
    """The figures that the texts alone give.

    Args:
        by_hand: what was proposed to somebody who asked.
        unasked: what was proposed to somebody who did not; empty: nothing.
        target: what was kept; empty: silence was right.
    """
    proposed = bool(unasked.strip())
    if not target.strip():
        silent = not by_hand.strip()
        return Answer(exact=silent, similarity=float(silent), proposed=proposed)
    wanted = "\n".join(_bare(target)).rstrip()
    written = as_long_as(by_hand, wanted)
    shown = as_long_as(unasked, wanted)
    return Answer(
        exact=same(written, wanted),
        similarity=similarity(written, wanted),
        proposed=proposed,
        kept=proposed and bool(shown) and wanted.startswith(shown),
        counts=counted(written, wanted, language),
    )


def as_long_as(written: str, target: str) -> str:
    """`written` cut to as many lines as `target` has; blank lines in front do not count."""
    return "\n".join(_bare(written)[: len(split_lines(target))]).rstrip()


def same(written: str, target: str) -> bool:
    """Exact match; line ends count alike."""
    return split_lines(written) == split_lines(target)


def similarity(written: str, target: str) -> float:
    """1 - edit distance / the longer length; 1 where both are empty."""
    return Levenshtein.normalized_similarity(written, target)


def _bare(text: str) -> list[str]:
    """Its lines without blank ones in front."""
    lines = list(split_lines(text))
    while lines and not lines[0].strip():
        lines.pop(0)
    return lines
