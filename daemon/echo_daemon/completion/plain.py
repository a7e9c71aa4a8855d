"""What holds at a place as far as the text alone says it; for languages without a grammar.

Left out: comments and strings, which only a grammar knows.
"""

from __future__ import annotations

from echo_core.stops import stop_rule
from echo_core.window import window_at
from echo_daemon.structure.api import Advice, Scope


class PlainStructure:
    """`Structure` without a parser."""

    def advise(self, language: str, text: str, offset: int) -> Advice:  # noqa: ARG002
        """One line where something stands on the cursor's line, a block on a blank one."""
        rule = stop_rule(window_at(text, offset))
        return Advice(Scope.LINE if rule.single_line else Scope.BLOCK, comment=False, string=False)
