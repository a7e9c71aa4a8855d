"""Texts as pieces: a proposal against what was kept, what is hidden, what is cut off.

Left out: how pieces look. They are made of code points; nothing is lost and nothing is added.
"""

from __future__ import annotations

from collections.abc import Sequence

from echo_core.records.wire import RedactionRow
from echo_daemon.inspecting.samples import Span, SpanKind
from echo_daemon.mining.difference import difference


def compared(proposed: str, kept: str) -> tuple[Span, ...]:
    """What is in both, what was proposed alone, what was kept alone, in their order."""
    spans: list[Span] = []
    at = 0
    for edit in reversed(difference(proposed, kept)):  # from the first place on
        spans += [
            Span(SpanKind.SAME, proposed[at : edit.start]),
            Span(SpanKind.PROPOSED, proposed[edit.start : edit.end]),
            Span(SpanKind.KEPT, edit.inserted),
        ]
        at = edit.end
    spans.append(Span(SpanKind.SAME, proposed[at:]))
    return _full(spans)


def cut_at(target: str, cut: int) -> tuple[Span, ...]:
    """What was kept, up to the cut and behind it."""
    return _full([Span(SpanKind.SAME, target[:cut]), Span(SpanKind.CUT, target[cut:])])


def hidden_in(text: str, offset: int, redactions: Sequence[RedactionRow]) -> tuple[Span, ...]:
    """A part of a sample that begins at `offset` of the whole, with what nobody else sees of it."""
    spans: list[Span] = []
    at = 0
    for one in sorted(redactions, key=lambda one: (one.start, one.end)):
        start, end = max(at, one.start - offset), min(len(text), one.end - offset)
        if start < end:
            spans += [
                Span(SpanKind.SAME, text[at:start]),
                Span(SpanKind.HIDDEN, text[start:end], one.kind),
            ]
            at = end
    spans.append(Span(SpanKind.SAME, text[at:]))
    return _full(spans)


def _full(spans: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.text)
