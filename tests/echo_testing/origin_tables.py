"""The tables of origins and breaks in docs/experience.md.

`PYTHONPATH=.:daemon:tests python -m echo_testing.origin_tables [TRACE ...]` prints the confusions
of a labelled session, and for each trace what its edits and gaps become. A gap is opened behind
each single insertion: that is where editors ask, and more often than any of them does.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from echo_core.completion.offers import Offer, Offers
from echo_core.experience.mining import Experience
from echo_core.gaps.life import Break
from echo_core.gaps.origins import Origins
from echo_core.records import trace as trace_format
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    Focused,
    HeadMoved,
    Opened,
    Origin,
    Requested,
    Saved,
    Trigger,
)
from echo_core.text.edits import Edit, with_removed
from echo_daemon.replay.trace_file import read_trace
from echo_testing.labelled import LabelledClient, Step

SEED, STEPS = 1, 20_000


def confusions(steps: Iterable[Step]) -> dict[Origin, Counter[Origin]]:
    """Of each true origin, how often which was inferred."""
    table: dict[Origin, Counter[Origin]] = {origin: Counter() for origin in Origin}
    for _, truth, inferred in judged(steps):
        table[truth][inferred] += 1
    return table


def judged(steps: Iterable[Step]) -> Iterator[tuple[str, Origin, Origin]]:
    """The name, the truth and the inference of each step."""
    rule = Origins()
    for number, step in enumerate(steps):
        offers = Offers()
        if step.proposed:
            offers.answered(
                "d", Offer(f"p{number}", step.edits[0].start, step.proposed, 0, reported=True)
            )
        edits = with_removed(step.text, step.edits)
        accepted = any(offers.edited("d", edit, removed)[0] for edit, removed in edits)
        inferred = rule.take(step.text, step.edits, accepted=accepted, reloaded=step.reloaded)
        yield step.name, step.truth, inferred


def played(
    lines: Iterable[trace_format.TraceLine],
) -> tuple[Counter[Origin], Counter[Break | None]]:
    """The origins of a trace's edits, and how its gaps ended; None: with the trace."""
    experience = Experience()
    rules: dict[str, Origins] = defaultdict(Origins)
    origins: Counter[Origin] = Counter()
    breaks: Counter[Break | None] = Counter()
    requests = 0
    for line in lines:
        at_ms = int(line.t_ms)
        event: Event
        match line:
            case trace_format.TraceOpen():
                event = Opened(at_ms, line.doc, line.language, 0, line.text)
            case trace_format.TraceEdit():
                text = experience.documents[line.doc].text
                origin = rules[line.doc].take(text, line.edits)
                origins[origin] += 1
                event = Edited(at_ms, line.doc, 0, line.edits, origin)
            case trace_format.TraceCursor():
                event = CursorMoved(at_ms, line.doc, line.anchor, line.head)
            case trace_format.TraceFocus():
                event = Focused(at_ms, line.doc)
            case trace_format.TraceSave():
                event = Saved(at_ms, line.doc)
            case trace_format.TraceHead():
                event = HeadMoved(at_ms, line.ref)
            case _:
                event = Closed(at_ms, line.doc)
        breaks.update(one.reason for one in experience.feed(event))
        if isinstance(event, Edited) and (offset := _asked(event.edits)) is not None:
            requests += 1
            ask = Requested(at_ms, str(requests), event.doc, 0, offset, Trigger.AUTOMATIC)
            breaks.update(one.reason for one in experience.feed(ask))
    if experience.gaps_live:
        breaks[None] = experience.gaps_live
    return origins, breaks


def _asked(edits: tuple[Edit, ...]) -> int | None:
    """Where an editor asks after such an edit: behind a single insertion."""
    if len(edits) == 1 and edits[0].inserted:
        return edits[0].end_after
    return None


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    heads = list(head)
    yield "| " + " | ".join(heads) + " |"
    yield "|" + " --- |" * len(heads)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"
    yield ""


def main(paths: list[str]) -> None:
    """Print all tables."""
    counted = confusions(LabelledClient(SEED).steps(STEPS))
    rows = [[f"`{truth}`", *(row[one] or "" for one in Origin)] for truth, row in counted.items()]
    print(*_table(["truth", *(f"`{one}`" for one in Origin)], rows), sep="\n")
    wrong: Counter[tuple[str, Origin]] = Counter()
    names: Counter[str] = Counter()
    for name, truth, inferred in judged(LabelledClient(SEED).steps(STEPS)):
        names[name] += 1
        if inferred is not truth:
            wrong[name, inferred] += 1
    mistaken = [(name, one, f"{n} of {names[name]}") for (name, one), n in wrong.most_common()]
    print(*_table(("what was done", "taken for", "times"), mistaken), sep="\n")
    done = {Path(path).name.partition(".")[0]: played(read_trace(Path(path))) for path in paths}
    if done:
        origins = [[f"`{one}`", *(pair[0][one] for pair in done.values())] for one in Origin]
        print(*_table(("origin", *done), origins), sep="\n")
        breaks = [[f"`{one}`", *(pair[1][one] for pair in done.values())] for one in Break]
        breaks.append(["alive at the end", *(pair[1][None] for pair in done.values())])
        print(*_table(("break", *done), breaks), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
