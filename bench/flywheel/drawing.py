"""How a turn's figures are shown: sentences, a table, and the JSON of the last line.

Left out: making them (`tally`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bench.flywheel.tally import Change, change
from echo_core.showing.figures import Figures, summed

_WIDTH: Final = 14


def in_words(files: Sequence[Figures]) -> str:
    """What was counted over some files."""
    whole = summed(files)
    return (
        f"{whole.answers} requests, {whole.shown} shown, {whole.accepted} taken,"
        f" AR {_percent(whole.acceptance.value)}, GR {_percent(whole.generation.value)}"
    )


def changes(before: Sequence[Figures], after: Sequence[Figures]) -> dict[str, Change]:
    """What the turn is about."""
    return {
        "AR": change(before, after, lambda one: one.acceptance),
        "GR": change(before, after, lambda one: one.generation),
        "kept of accepted": change(before, after, lambda one: one.retention),
    }


def table(before: Sequence[Figures], after: Sequence[Figures]) -> list[str]:
    """Before and after, a line a figure."""
    was, now = summed(before), summed(after)
    rows = [["", "before", "after", "difference (95%)"]]
    for name, found in changes(before, after).items():
        rows.append([name, _percent(found.before), _percent(found.after), _moved(found)])
    for name, early, late in (
        ("requests", was.answers, now.answers),
        ("shown", was.shown, now.shown),
        ("taken", was.accepted, now.accepted),
        ("characters typed", was.typed_chars, now.typed_chars),
        ("characters taken", was.accepted_chars, now.accepted_chars),
        ("of them kept", was.kept_chars, now.kept_chars),
    ):
        rows.append([name, f"{early:,}", f"{late:,}", f"{late - early:+,}"])
    return [
        f"{row[0]:18}" + "".join(f"{cell:>{_WIDTH}}" for cell in row[1:3]) + f"   {row[3]}"
        for row in rows
    ]


def as_json(changes_: Mapping[str, Change]) -> dict[str, object]:
    """The changes for the last line."""
    return {
        name: {
            "before": found.before,
            "after": found.after,
            "difference": found.difference,
            "interval_95": found.interval,
        }
        for name, found in changes_.items()
    }


def by_file(
    names: Sequence[str], before: Sequence[Figures], after: Sequence[Figures]
) -> list[dict[str, object]]:
    """What was counted of each file; `after` may be missing."""
    found: list[dict[str, object]] = []
    for at, name in enumerate(names):
        row: dict[str, object] = {"file": name}
        for side, files in (("before", before), ("after", after)):
            if at < len(files):
                one = files[at]
                row[side] = {
                    "shown": one.shown,
                    "taken": one.accepted,
                    "taken_chars": one.accepted_chars,
                    "kept_chars": one.kept_chars,
                    "typed_chars": one.typed_chars,
                    "reasons": dict(one.reasons),
                }
        found.append(row)
    return found


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"


def _moved(found: Change) -> str:
    if found.difference is None:
        return "none"
    moved = f"{100 * found.difference:+.1f} points"
    if found.interval is None:
        return f"{moved}; too few files to say how sure"
    low, high = (100 * end for end in found.interval)
    return f"{moved}, from {low:+.1f} to {high:+.1f}"
