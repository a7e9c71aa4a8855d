"""The filters in their order, which is written here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from echo_core.polish.blank import blank
from echo_core.polish.context import PolishContext
from echo_core.polish.repeats_next_line import repeats_next_line
from echo_core.polish.suffix_overlap import suffix_overlap
from echo_core.polish.trailing_space import trailing_space

Filter: TypeAlias = Callable[[str, PolishContext], str | None]

# White space goes first, so that the others compare what is written; cutting an overlap may leave
# some, so it goes again.
ORDER: Final[tuple[Filter, ...]] = (
    trailing_space,
    blank,
    repeats_next_line,
    suffix_overlap,
    trailing_space,
)


def polish(written: str, context: PolishContext) -> tuple[str, str]:
    """What may be shown of `written`, and the name of the filter that refused it ("" for none).

    The text is a beginning of `written`, and empty when a filter refused.
    """
    for step in ORDER:
        kept = step(written, context)
        if kept is None:
            return "", step.__name__
        written = kept
    return written, ""
