"""Contributions for tests: values that fit, and a way to change one field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from echo_core.sharing.bundle.contents import (
    LATENCY_BOUNDS_MS,
    SCHEMA,
    Bundle,
    CheckNote,
    Contribution,
    Counters,
    WeekReport,
)

NOTE = CheckNote(check="syntax", version=1, finding="passed", cause="")
SAMPLE = Contribution(
    id="0" * 32,
    day="2026-11-22",
    language="python",
    prefix="def double(x):\n    return ",
    target="2 * x",
    suffix="\n",
    model="qwen2.5-coder-0.5b",
    rejected="",
    proposed_chars=5,
    accepted_chars=5,
    kept_chars=5,
    ended="settled",
    quality=900,
    zone="",
    likeness=-1,
    survived=1000,
    checks=(NOTE,),
)
BUNDLE = Bundle(
    schema=SCHEMA,
    week="2026-W47",
    contributor="ab" * 32,
    client="0.1.0",
    consent="cd" * 32,
    samples=(SAMPLE,),
)
COUNTERS = Counters(
    language="python",
    model="qwen2.5-coder-0.5b",
    arm="",
    shown=3,
    accepted=2,
    accepted_chars=40,
    kept_chars=30,
    typed_chars=1000,
    latency=(0,) * (len(LATENCY_BOUNDS_MS) + 1),
)
REPORT = WeekReport(
    schema=SCHEMA,
    week="2026-W47",
    contributor="ab" * 32,
    client="0.1.0",
    consent="cd" * 32,
    rows=(COUNTERS,),
)


def sample(number: int = 0, **changes: Any) -> Contribution:
    """A contribution; each number has an id of its own."""
    return replace(SAMPLE, id=f"{number:032x}", **changes)
