"""What `echoctl samples explain` prints. Pure: an explanation in, renderables out.

Left out: the console; why a sample is judged as it is (`echo_daemon.distilling`).

Rules
 - A place is told as line and column, both from 1. Lines count from where the kept context begins,
   which is the file's beginning unless the file is long.
 - Source text is printed as `show` prints it. What is hidden in the context before anybody else
   sees it stands as a placeholder here, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from echo_core.judging.checks import rejected
from echo_core.judging.checks.later import Later
from echo_core.judging.checks.verdict import Finding
from echo_core.judging.judgement import State
from echo_core.records import wire
from echo_daemon.ctl.show import (
    SURROUNDING_LINES,
    first_lines,
    kept_lines,
    labelled,
    last_lines,
    visible,
)

SPANS_MAX = 5  # places of one verdict; the rest is counted

_STYLES = {
    Finding.PASSED.value: "green",
    Finding.MARKED.value: "yellow",
    Finding.UNCHECKED.value: "yellow",
    Finding.DROPPED.value: "red",
}


def explanation_lines(of: wire.Explanation) -> list[RenderableType]:
    """Everything that is known of one sample's judgement."""
    detail, row = of.detail, of.detail.row
    prefix, suffix = redacted(of)
    lines: list[RenderableType] = [
        Text(f"sample {row.id}  {visible(row.doc)}", style="bold"),
        Text(f"  {row.language or 'unknown language'}, ended: {row.break_reason}"),
        Text.assemble("  ", (_state(of), "bold")),
        labelled("before", last_lines(prefix, SURROUNDING_LINES), "dim"),
        *kept_lines(detail),
        *_rejected(of),
        labelled("after", first_lines(suffix, SURROUNDING_LINES), "dim"),
    ]
    if row.state == State.CANDIDATE:
        return lines
    return [*lines, _about(of), *_verdicts(of), *_asked(of), *_redactions(of)]


def _rejected(of: wire.Explanation) -> Iterator[RenderableType]:
    """What was proposed and not kept, where it may leave as it is."""
    said = (one for one in of.verdicts if one.check == rejected.NAME)
    if any(one.finding == Finding.PASSED and one.facts for one in said):
        yield labelled("rejected", of.detail.proposal, "dim")


def _state(of: wire.Explanation) -> str:
    row = of.detail.row
    if row.state == State.CANDIDATE:
        return "not judged yet"
    against = next((one for one in of.verdicts if one.finding == Finding.DROPPED), None)
    if against is None:
        return f"kept, of quality {row.quality:.2f}"
    return f"dropped by {against.check}: {against.sentence}"


def _about(of: wire.Explanation) -> RenderableType:
    row = of.detail.row
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    unit = f", to the end of a {of.unit}" if of.unit else ""
    table.add_row("  cut", f"{row.cut_chars} of {len(of.detail.judged)} characters{unit}")
    if said := Later(of.detail.later).sentence:
        table.add_row("  commit", said)
    parts = [(one.check, one.quality) for one in of.verdicts if one.finding and one.quality != 1.0]
    if of.length != 1.0:
        parts.append(("length", of.length))
    product = " × ".join(f"{name} {value:.2f}" for name, value in parts) or "nothing takes any off"
    table.add_row("  quality", f"{row.quality:.2f} = {product}")
    table.add_row("  licence", of.licence or "none found")
    return table


# --- what every check said --------------------------------------------------------------------


def _verdicts(of: wire.Explanation) -> Iterator[RenderableType]:
    whole = of.detail.prefix + of.detail.judged[: of.detail.row.cut_chars] + of.detail.suffix
    for one in of.verdicts:
        style = _STYLES.get(one.finding, "dim")
        line = Text(f"  {one.finding or '–':10}", style=style)
        line.append(f"{one.check:12}", style="bold")
        line.append(one.asks, style="default")
        yield line
        for words in _more(one, whole):
            yield Text(f"{'':14}{words}", style="dim")


def _more(one: wire.VerdictRow, whole: str) -> Iterator[str]:
    if one.sentence:
        yield one.sentence
    if one.spans:
        yield f"at {_places(whole, one.spans)}"
    if one.facts:
        yield ", ".join(f"{name} {visible(value)}" for name, value in one.facts.items())


def _places(whole: str, spans: Sequence[tuple[int, int]]) -> str:
    more = len(spans) - SPANS_MAX
    told = ", ".join(place(whole, start, end) for start, end in spans[:SPANS_MAX])
    return f"{told} and {more} more" if more > 0 else told


def place(whole: str, start: int, end: int) -> str:
    """A span in line:column, its end without the line where that is the same."""
    first, last = _position(whole, start), _position(whole, max(start, end - 1))
    if first == last:
        return f"{first[0]}:{first[1]}"
    if first[0] == last[0]:
        return f"{first[0]}:{first[1]}-{last[1]}"
    return f"{first[0]}:{first[1]}-{last[0]}:{last[1]}"


def _position(whole: str, offset: int) -> tuple[int, int]:
    before = whole[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


# --- what models and placeholders said --------------------------------------------------------


def _asked(of: wire.Explanation) -> Iterator[RenderableType]:
    for one in of.asked:
        line = Text(f"  {'asked':10}", style="dim")
        line.append(f"{one.question:12}", style="bold")
        line.append(f"{one.prompt}, {one.model}", style="default")
        yield line
        if one.answers:
            told = ", ".join(f"{visible(name)} {exp(score):.0%}" for name, score in one.answers)
            yield Text(f"{'':14}{told}", style="dim")


def _redactions(of: wire.Explanation) -> Iterator[RenderableType]:
    whole = of.detail.prefix + of.detail.judged[: of.detail.row.cut_chars] + of.detail.suffix
    for one in of.redactions:
        line = Text(f"  {'hidden':10}", style="dim")
        line.append(f"{one.kind:12}", style="bold")
        line.append(f"at {place(whole, one.start, one.end)}", style="default")
        yield line


def redacted(of: wire.Explanation) -> tuple[str, str]:
    """The context with its placeholders."""
    prefix, cut, suffix = of.detail.prefix, of.detail.row.cut_chars, of.detail.suffix
    for one in sorted(of.redactions, key=lambda each: -each.start):
        mark = f"<{one.kind.upper()}>"
        if one.end <= len(of.detail.prefix):
            prefix = prefix[: one.start] + mark + prefix[one.end :]
        elif one.start >= len(of.detail.prefix) + cut:
            behind = len(of.detail.prefix) + cut
            suffix = suffix[: one.start - behind] + mark + suffix[one.end - behind :]
    return prefix, suffix
