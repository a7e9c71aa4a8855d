"""Nothing but white space is nothing to show."""

from __future__ import annotations

from echo_core.completion.polish.context import PolishContext


def blank(written: str, context: PolishContext) -> str | None:  # noqa: ARG001 - a filter's shape
    """None when `written` is empty or white space."""
    return written if written.strip() else None
