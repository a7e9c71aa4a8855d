"""What a flight's text comes to as an answer: polished, with its reason and its figures.

Left out: whether it may be shown (`completer`), how it was written (`flight`).
"""

from __future__ import annotations

from dataclasses import replace

from echo_core.completion.cache import Figures
from echo_core.completion.polish.context import PolishContext
from echo_core.completion.polish.pipeline import polish
from echo_core.records.reasons import Reason
from echo_daemon.completion.flight import Flight
from echo_daemon.completion.values import Written
from echo_engine.api import FinishReason


def result(flight: Flight, text: str, context: PolishContext) -> Written:
    """The answer that `text`, which `flight` has written, comes to."""
    kept, _ = polish(text, context)
    if kept:
        reason = Reason.PROPOSED
    elif text.strip():
        reason = Reason.FILTERED
    elif flight.reason is FinishReason.DEADLINE:
        reason = Reason.DEADLINE
    elif flight.reason is FinishReason.CANCELLED:
        reason = Reason.CANCELLED  # another document's newer job took the engine
    else:
        reason = Reason.NOTHING_WRITTEN
    if flight.failed:
        reason, kept = Reason.ENGINE_DOWN, ""
    written = Written(reason, kept, "typed_through" if flight.told else "engine", flight.entry)
    if not flight.told:  # what a job took is counted once, whatever its text still serves
        flight.told = True
        written = replace(
            written,
            tokens_prompt=flight.started.tokens_prompt,
            tokens_evaluated=flight.started.tokens_evaluated,
            tokens_written=flight.tokens,
        )
    return with_figures(written, flight.figures)


def with_figures(written: Written, figures: Figures) -> Written:
    """`written` with the figures of how its text came to be."""
    return replace(
        written,
        model=figures.model,
        logprob_mean=figures.logprob_mean,
        logprob_first=figures.logprob_first,
    )
