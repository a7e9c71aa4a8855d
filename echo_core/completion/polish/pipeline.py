"""The filters in their order, which is written here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from echo_core.completion.polish.blank import blank
from echo_core.completion.polish.block_scope import block_scope
from echo_core.completion.polish.bracket_balance import bracket_balance
from echo_core.completion.polish.context import PolishContext
from echo_core.completion.polish.indentation import indentation
from echo_core.completion.polish.repeated_lines import repeated_lines
from echo_core.completion.polish.repeats_next_line import repeats_next_line
from echo_core.completion.polish.suffix_overlap import suffix_overlap
from echo_core.completion.polish.too_short import too_short
from echo_core.completion.polish.trailing_space import trailing_space
from echo_core.completion.polish.undoes_deletion import undoes_deletion

Filter: TypeAlias = Callable[[str, PolishContext], str | None]

# White space goes first, so that the others compare what is written, and indentation is mended
# before lines are compared by it. Cutting may leave white space, so it goes again. What is left
# is judged as a whole at the end.
ORDER: Final[tuple[Filter, ...]] = (
    trailing_space,
    blank,
    indentation,
    block_scope,
    repeated_lines,
    repeats_next_line,
    suffix_overlap,
    bracket_balance,
    trailing_space,
    undoes_deletion,
    too_short,
)


def polish(written: str, context: PolishContext) -> tuple[str, str]:
    """What may be shown of `written`, and the name of the filter that refused it ("" for none).

    Line by line the text is a beginning of `written`, but for white space at the lines' starts,
    which `indentation` may change. It is empty when a filter refused.
    """
    for step in ORDER:
        kept = step(written, context)
        if kept is None:
            return "", step.__name__
        written = kept
    return written, ""
