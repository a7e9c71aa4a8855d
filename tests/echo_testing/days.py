"""Days of typing with proposals, drawn at random: for tests of what is counted of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from echo_core.records.events import (
    ALTERNATIVE,
    Edited,
    Event,
    Opened,
    Origin,
    Outcome,
    OutcomeKind,
    Proposed,
    Requested,
    Trigger,
)
from echo_core.records.reasons import Reason
from echo_core.text.edits import Edit

DOCS: Final = {"file:///repo/a.py": "python", "file:///repo/b.rs": "rust"}
MODELS: Final = ("small", "large")
DAY_MS: Final = 86_400_000
REASONS: Final = (Reason.PROPOSED, Reason.PROPOSED, Reason.UNSURE, Reason.SNOOZED)


def typing(seed: int, start_ms: int, days: int, keys: int) -> Iterator[Event]:
    """`keys` keystrokes a day, about; every third asks for a completion. Times never fall."""
    chance = random.Random(seed)
    at_ms = start_ms
    for doc, language in DOCS.items():
        yield Opened(at_ms, doc, language, 1, "")
    for number in range(days * keys):
        at_ms += chance.randrange(2 * DAY_MS // keys)
        doc = chance.choice([*DOCS])
        origin = chance.choice([Origin.TYPED] * 4 + [Origin.PASTED, Origin.AUTOMATIC])
        text = "x\n" * chance.randrange(1, 4)
        yield Edited(at_ms, doc, number, (Edit(0, 0, text), Edit(0, 1, "")), origin)
        if number % 3 == 0:
            yield from _asked(chance, f"{seed}.{number}", doc, at_ms)


def _asked(chance: random.Random, name: str, doc: str, at_ms: int) -> Iterator[Event]:
    yield Requested(at_ms, name, doc, 1, 0, Trigger.AUTOMATIC)
    reason = chance.choice(REASONS)
    tokens = chance.choice([0, 700])  # without any it came from the cache
    latency_ms = chance.choice([12.0, 12.5, 800.25])
    model = chance.choice(MODELS)
    proposal = f"p{name}"
    text = "y = 1\n" if reason is Reason.PROPOSED else ""
    yield Proposed(at_ms, name, proposal, text, model, -0.5, latency_ms, tokens, 3, 5, reason)
    if reason is not Reason.PROPOSED:
        return
    other = f"o{name}"
    yield Proposed(at_ms, name, other, "z", model, -0.9, latency_ms, 700, 3, 5, ALTERNATIVE)
    if chance.random() < 0.8:
        yield Outcome(at_ms, proposal, OutcomeKind.SHOWN, 6)
    if chance.random() < 0.4:
        yield Edited(at_ms, doc, 1, (Edit(0, 0, "y = 1\n"),), Origin.ACCEPTED, proposal)
        kind = chance.choice([OutcomeKind.ACCEPTED, OutcomeKind.PARTIAL])
        yield Outcome(at_ms, proposal, kind, 6)
    else:
        yield Outcome(at_ms, proposal, OutcomeKind.DISMISSED, 0)
