"""Further candidates beside the first, for who asked by hand: written one after the other.

Left out: how they come to differ (`echo_core.completion.candidates`,
`echo_engine.openings`), the first (`completer`), what is recorded of them
(`echo_daemon.front`).

Rules
 - The prompt is in the engine's cache, so each costs only its writing; all have OTHERS_MS_MAX
   together. One that has whole lines gives the rest of its share to the next.
 - A newer request of the document ends them at once, and so does cancelling.
 - They come out as the first does: through the same filters, and into the cache.
"""

from __future__ import annotations

from typing import Protocol

from echo_core.clock import Clock
from echo_core.completion.candidates import (
    CANDIDATES_MAX,
    OTHERS_MS_MAX,
    OTHERS_TRIED_MAX,
    distinct,
    opening,
)
from echo_core.completion.polish.context import PolishContext
from echo_core.completion.polish.pipeline import polish
from echo_core.records.reasons import Reason
from echo_daemon.completion.flight import Flight
from echo_daemon.completion.values import Place, Written


class TakeOff(Protocol):
    """How a candidate's flight begins."""

    def __call__(self, avoid: tuple[str, ...], deadline_ms: float) -> Flight: ...


async def write_others(
    place: Place, first: str, context: PolishContext, take_off: TakeOff, clock: Clock
) -> tuple[Written, ...] | None:
    """The candidates beside `first`, best first; None where a newer request took over."""
    until_ms = clock.steady_ms() + OTHERS_MS_MAX
    texts, avoid = [first], [opening(first)]
    others: list[Written] = []
    for _ in range(OTHERS_TRIED_MAX):
        left_ms = until_ms - clock.steady_ms()
        if len(texts) == CANDIDATES_MAX or left_ms <= 0:
            break
        share_until_ms = until_ms - left_ms + left_ms / (CANDIDATES_MAX - len(texts))
        flight = take_off(tuple(avoid), left_ms)
        if not await _written(place, flight, clock, share_until_ms):
            return None
        begun = opening(flight.text)
        if flight.failed or flight.unlikely or not begun or begun in avoid:
            break  # what begins otherwise is less likely still
        avoid.append(begun)
        text, _ = polish(flight.candidate, context)
        if text and distinct(text, texts):
            texts.append(text)
            others.append(_offered(flight, text))
    return tuple(others)


async def _written(place: Place, flight: Flight, clock: Clock, share_until_ms: float) -> bool:
    """Wait for the flight's end, or, when its share of the time is over, for a whole line.

    False where a newer request took over.
    """
    flight.waited_for, flight.on_progress = True, place.wake
    try:
        while not flight.landed and not flight.unlikely:
            if flight.has_line and clock.steady_ms() >= share_until_ms:
                break
            if not await place.progress():
                return False
    finally:
        if not flight.landed:
            flight.give_up()
    return True


def _offered(flight: Flight, text: str) -> Written:
    figures = flight.figures
    return Written(
        Reason.PROPOSED,
        text,
        "engine",
        flight.entry,
        model=figures.model,
        logprob_mean=figures.logprob_mean,
        logprob_first=figures.logprob_first,
        tokens_prompt=flight.started.tokens_prompt,
        tokens_evaluated=flight.started.tokens_evaluated,
        tokens_written=flight.tokens,
        beside=True,
    )
