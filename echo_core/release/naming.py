"""How an event names what answered: the model, the release over it, the side of an experiment.

    qwen2.5-coder-0.5b                       the model as it was pulled
    qwen2.5-coder-0.5b+2026-11-r2            with a release
    qwen2.5-coder-0.5b+2026-11-r2@depth.new  on the side `new` of the experiment `depth`
    qwen2.5-coder-0.5b@depth.old             on a side that has no release

`+` and `@` stand in no name of a model, a release or an arm (`metadata.is_name`).
"""

from __future__ import annotations

from typing import NamedTuple


class Named(NamedTuple):
    """The parts of such a name."""

    model: str
    release: str = ""
    arm: str = ""


def written(named: Named) -> str:
    """As events have it."""
    release = f"+{named.release}" if named.release else ""
    arm = f"@{named.arm}" if named.arm else ""
    return f"{named.model}{release}{arm}"


def read(name: str) -> Named:
    """The parts of what `written` made; any other name is a model's."""
    rest, _, arm = name.partition("@")
    model, _, release = rest.partition("+")
    return Named(model, release, arm)
